// Random histories against a simple model in memory. SNAPGATE_STEPS makes it longer.
#include <gtest/gtest.h>

#include "store/random_history_testing.h"

namespace snapgate::store {
namespace {

TEST(HistoryTest, RandomOperationsMatchTheModel) {
    const uint64_t seed = environment_number("SNAPGATE_SEED", std::random_device()());
    RandomHistory history(seed);
    history.run(environment_number("SNAPGATE_STEPS", 10'000));
    if (HasFailure()) ADD_FAILURE() << "run again with SNAPGATE_SEED=" << seed;
}

}  // namespace
}  // namespace snapgate::store
