// The SQLite store: the contract in both journal modes, and what is SQLite's own.
#include "tests/server/store/contract.h"

#include "tests/server/store/sqlite_database.h"

namespace {

std::unique_ptr<fixture::Database> wal() {
  return std::make_unique<SqliteDatabase>("wal");
}
std::unique_ptr<fixture::Database> rollback() {
  return std::make_unique<SqliteDatabase>("delete");
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(DatabaseFactory(wal), DatabaseFactory(rollback)),
                         [](const auto &info) { return info.index == 0 ? "wal" : "rollback"; });

} // namespace
