#include "api/palette/list_format.h"

#include "api/kube/accept.h"
#include "base/encoding.h"

namespace snapgate::api::palette {
namespace {

query::ListFormat format_of(const kube::AcceptClause& clause) {
    if (clause.type == "text" && base::equal_ignoring_case(clause.subtype, "csv"))
        return query::ListFormat::kCsv;
    if (clause.type == "application" && base::equal_ignoring_case(clause.subtype, "x-ndjson"))
        return query::ListFormat::kNdjson;
    if (clause.type == "text" && base::equal_ignoring_case(clause.subtype, "event-stream"))
        return query::ListFormat::kEvents;
    return query::ListFormat::kPage;
}

}  // namespace

query::ListFormat accepted_format(const net::Request& request) {
    for (const net::Header& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, "Accept")) continue;
        for (const kube::AcceptClause& clause : kube::parse_accept(header.value)) {
            if (clause.weight > 0) return format_of(clause);
        }
    }
    return query::ListFormat::kPage;
}

std::string_view content_type_of(query::ListFormat format) {
    switch (format) {
        case query::ListFormat::kCsv:
            return "text/csv; charset=utf-8; header=present";
        case query::ListFormat::kNdjson:
            return "application/x-ndjson";
        case query::ListFormat::kEvents:
            return "text/event-stream";
        case query::ListFormat::kPage:
        case query::ListFormat::kRows:
            break;
    }
    return "application/json";
}

}  // namespace snapgate::api::palette
