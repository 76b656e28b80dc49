#include "mirror/comparison.h"

#include "model/version_order.h"

namespace snapgate::mirror {

Verdict judge(const Comparison& comparison) {
    if (comparison.equal) return Verdict::kEqual;
    if (comparison.reached || !comparison.patience) return Verdict::kUnexplained;
    return Verdict::kWait;
}

bool went_back(std::string_view held, std::string_view told) {
    return model::is_newer(held, told);
}

}  // namespace snapgate::mirror
