#include "mirror/comparison.h"

namespace snapgate::mirror {

Verdict judge(const Comparison& comparison) {
    if (comparison.equal) return Verdict::kEqual;
    if (comparison.reached || !comparison.patience) return Verdict::kUnexplained;
    return Verdict::kWait;
}

}  // namespace snapgate::mirror
