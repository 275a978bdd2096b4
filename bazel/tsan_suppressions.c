// What ThreadSanitizer shall not report, in every program that is built with it, wherever it runs.
//
// Debian's libgrpc and its parts, and OpenSSL, are not built for ThreadSanitizer, which therefore does not
// see their locks. What happens between two accesses inside of them is theirs; our own code is reported as
// ever.
#if defined(__SANITIZE_THREAD__)

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libgrpc.so.29\n"
         "called_from_lib:libgpr.so.29\n"
         "called_from_lib:libcrypto.so.3\n"
         "called_from_lib:libssl.so.3\n"
         "called_from_lib:libabsl_synchronization.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n"
         "called_from_lib:libabsl_strings.so\n"
         "called_from_lib:libabsl_cord.so\n"
         "called_from_lib:libabsl_cord_internal.so\n"
         "called_from_lib:libabsl_status.so\n"
         "called_from_lib:libabsl_random_internal_pool_urbg.so\n"
         // The test client reads status texts that libgrpc has made through libstdc++'s own allocations.
         "race:tests/support/grpc_client.cc\n"
         // Core drops the last reference to a blob that it has sent, on whichever of its threads sent it.
         "race:unref_blob\n";
}

#else

typedef int no_suppressions;

#endif
