#include "mirror/mirror_record.h"

#include "json/value.h"
#include "json/whole_number.h"

namespace snapgate::mirror {

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
    status.confirmed_ms = json::whole_number(*record, "confirmedMs").value_or(0);
    status.synced_ms = json::whole_number(*record, "syncedMs").value_or(0);
    SNAPGATE_ASSIGN(status.resume_version, json::optional_string(*record, "resumeVersion"));
    SNAPGATE_ASSIGN(status.list_version, json::optional_string(*record, "listVersion"));
    SNAPGATE_ASSIGN(status.served_version, json::optional_string(*record, "servedVersion"));
    return status;
}

}  // namespace snapgate::mirror
