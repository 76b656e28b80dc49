#include "api/kube/caller.h"

namespace snapgate::api::kube {

std::string user_name(const Call& call) {
    auto keys = call.services.keys.keys();
    auto key = keys->find(call.principal.key_id);
    return key == keys->end() ? call.principal.key_id : key->second.name;
}

}  // namespace snapgate::api::kube
