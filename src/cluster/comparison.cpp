#include "cluster/comparison.h"

#include "cluster/versions.h"

namespace snapgate::cluster {

Verdict judge(const Comparison& comparison) {
    if (comparison.equal) return Verdict::kEqual;
    if (comparison.reached || !comparison.patience) return Verdict::kUnexplained;
    return Verdict::kWait;
}

bool went_back(std::string_view held, std::string_view told) {
    return is_newer(held, told);
}

}  // namespace snapgate::cluster
