// What every store must do, whatever its engine. A store's test includes this file once and instantiates the
// suite:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(...));
//
// The SQL of the suite is what the engines have in common.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_H

#include "tests/server/store/contract_batches.h"
#include "tests/server/store/contract_choice.h"
#include "tests/server/store/contract_hops.h"
#include "tests/server/store/contract_keys.h"
#include "tests/server/store/contract_limits.h"
#include "tests/server/store/contract_scattered.h"

#endif
