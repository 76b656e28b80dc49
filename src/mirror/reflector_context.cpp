#include "mirror/reflector_context.h"

#include <fmt/format.h>

namespace snapgate::mirror {

std::string ReflectorContext::path() const {
    return fmt::format("/apis/{}/{}/{}", kind.group,
                       session.ask([](const Session& now) { return now.served; }), kind.plural);
}

}  // namespace snapgate::mirror
