#include "mirror/mirror_record.h"

#include "json/value.h"

namespace snapgate::mirror {
namespace {

int64_t number_member(const json::Object& record, std::string_view name) {
    const json::Value* value = record.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

}  // namespace

std::string to_record(const MirrorStatus& status) {
    return json::serialize(json::Object{{"confirmedMs", status.confirmed_ms},
                                        {"syncedMs", status.synced_ms},
                                        {"resumeVersion", status.resume_version},
                                        {"listVersion", status.list_version},
                                        {"servedVersion", status.served_version}});
}

base::Result<MirrorStatus> parse_record(std::string_view text) {
    MirrorStatus status;
    SNAPGATE_ASSIGN(const json::Value value, json::parse(text));
    const json::Object* record = value.if_object();
    if (record == nullptr) return status;
    status.confirmed_ms = number_member(*record, "confirmedMs");
    status.synced_ms = number_member(*record, "syncedMs");
    SNAPGATE_ASSIGN(status.resume_version, json::optional_string(*record, "resumeVersion"));
    SNAPGATE_ASSIGN(status.list_version, json::optional_string(*record, "listVersion"));
    SNAPGATE_ASSIGN(status.served_version, json::optional_string(*record, "servedVersion"));
    return status;
}

}  // namespace snapgate::mirror
