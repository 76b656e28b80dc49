#include "api/admin/body.h"

#include "base/crypto.h"
#include "cluster/imports.h"
#include "model/names.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;

Result<std::string> required_name(const json::Object& body) {
    SNAPGATE_ASSIGN(std::string name, json::optional_string(body, "name"));
    if (!model::is_display_name(name)) {
        return Error(Code::kInvalidBody,
                     "name must be 1 to 128 printable characters without blanks at its ends",
                     "name");
    }
    return name;
}

Result<std::string> uid_or_random(const json::Object& body) {
    SNAPGATE_ASSIGN(std::string uid, json::optional_string(body, "uid"));
    if (uid.empty()) return base::random_uid();
    if (!model::is_uid(uid)) return Error(Code::kInvalidBody, std::string(model::kUidRule), "uid");
    return uid;
}

Result<base::Millis> expected_every(const json::Object& body) {
    SNAPGATE_ASSIGN(const std::string text, json::optional_string(body, "expectedEvery"));
    if (text.empty()) return base::Millis(0);
    return cluster::expected_every_of(text, "expectedEvery");
}

}  // namespace snapgate::api::admin
