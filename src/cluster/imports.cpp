#include "cluster/imports.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "json/whole_number.h"

namespace snapgate::cluster {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kImports = "imports";
constexpr int64_t kToleranceMs = 60'000;

// 0 if it is not there.
Result<int64_t> number(const json::Object& object, std::string_view name) {
    const json::Value* value = object.if_contains(name);
    if (value == nullptr) return int64_t{0};
    const auto number = json::whole_number(value, 0);
    if (!number)
        return Error(Code::kCorrupt, fmt::format("{} of a cluster's imports is no number", name));
    return *number;
}

}  // namespace

ImportCounts& ImportCounts::operator+=(const ImportCounts& more) {
    for (const ImportCount& count : kImportCounts) this->*count.member += more.*count.member;
    return *this;
}

bool Imports::overdue(int64_t imported_ms, int64_t now_ms) const {
    if (!expected()) return false;
    int64_t since_ms = 0;
    for (const int64_t stored_ms : {imported_ms, expected_since_ms})
        if (!is_ahead(stored_ms, now_ms)) since_ms = std::max(since_ms, stored_ms);
    return now_ms - since_ms > expected_every.count();
}

bool is_ahead(int64_t stored_ms, int64_t now_ms) {
    return stored_ms > now_ms + kToleranceMs;
}

Result<base::Millis> expected_every_of(std::string_view text, std::string_view field) {
    const auto every = base::parse_duration(text);
    if (every && *every >= kLeastExpectedEvery && *every <= kMostExpectedEvery) return *every;
    return Error(Code::kInvalidBody,
                 fmt::format("{} must be a duration from {} to {}, as in 24h", field,
                             base::format_duration(kLeastExpectedEvery),
                             base::format_duration(kMostExpectedEvery)),
                 std::string(field));
}

Result<Imports> read_imports(const json::Object& record) {
    Imports imports;
    const json::Value* value = record.if_contains(kImports);
    if (value == nullptr) return imports;
    if (!value->is_object()) return Error(Code::kCorrupt, "a cluster's imports are no object");
    const json::Object& object = value->get_object();
    SNAPGATE_ASSIGN(const int64_t every, number(object, "expectedEveryMs"));
    imports.expected_every = base::Millis(every);
    SNAPGATE_ASSIGN(imports.expected_since_ms, number(object, "expectedSinceMs"));
    SNAPGATE_ASSIGN(imports.last.by, json::optional_string(object, "by"));
    SNAPGATE_ASSIGN(imports.last.by_id, json::optional_string(object, "byId"));
    for (const ImportCount& count : kImportCounts) {
        SNAPGATE_ASSIGN(const int64_t stored, number(object, count.name));
        imports.last.counts.*count.member = static_cast<uint64_t>(stored);
    }
    return imports;
}

void put_imports(json::Object& record, const Imports& imports) {
    if (!imports.expected() && imports.last.by_id.empty()) return;
    json::Object object;
    if (imports.expected()) {
        object["expectedEveryMs"] = imports.expected_every.count();
        object["expectedSinceMs"] = imports.expected_since_ms;
    }
    if (!imports.last.by_id.empty()) {
        object["by"] = imports.last.by;
        object["byId"] = imports.last.by_id;
        for (const ImportCount& count : kImportCounts)
            object[count.name] = static_cast<int64_t>(imports.last.counts.*count.member);
    }
    record[kImports] = std::move(object);
}

}  // namespace snapgate::cluster
