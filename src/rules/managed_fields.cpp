#include "rules/managed_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <tuple>

#include "base/clock.h"
#include "rules/faults.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostUpdates = 10;
constexpr size_t kEntryFields = 7;  // of an entry, at most
constexpr std::string_view kOldUpdates = "ancient-changes";

base::Error no_entry(std::string_view what) {
    return bad_request(fmt::format("an entry of managedFields cannot be read: {}", what));
}

base::Result<ManagedEntry> read_entry(const json::Object& entry) {
    ManagedEntry read;
    std::string_view operation = find_text(entry, "operation");
    if (operation != "Apply" && operation != "Update")
        return no_entry("operation must be `Apply` or `Update`");
    read.applied = operation == "Apply";
    read.api_version = find_text(entry, "apiVersion");
    if (read.api_version.empty()) return no_entry("apiVersion must not be empty");
    if (find_text(entry, "fieldsType") != "FieldsV1")
        return no_entry("fieldsType must be FieldsV1");
    read.manager = find_text(entry, "manager");
    read.subresource = find_text(entry, "subresource");
    std::string_view time = find_text(entry, "time");
    if (!time.empty()) {
        read.time = read_time(time);
        if (!read.time) return no_entry("time is no time");
    }
    const json::Value* fields = find(entry, "fieldsV1");
    if (fields != nullptr && !fields->is_null()) {
        SNAPGATE_ASSIGN(read.fields, FieldSet::read(*fields));
    }
    return read;
}

int64_t age_key(const ManagedEntry& entry) {
    return entry.time.value_or(0);
}

}  // namespace

std::optional<int64_t> read_time(std::string_view text) {
    const auto time = base::parse_rfc3339(text);
    if (!time) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(*time)).count();
}

bool ManagedEntry::same_manager(const ManagedEntry& other) const {
    return manager == other.manager && applied == other.applied &&
           subresource == other.subresource && (applied || api_version == other.api_version);
}

base::Result<std::vector<ManagedEntry>> read_managed_fields(const json::Array& entries) {
    std::vector<ManagedEntry> read;
    // Places of the entries by the manager's key. If a manager has two entries, the last counts.
    std::map<std::tuple<std::string, bool, std::string, std::string>, size_t> places;
    for (const json::Value& value : entries) {
        const json::Object* object = value.if_object();
        if (object == nullptr) return no_entry("it is no object");
        SNAPGATE_ASSIGN(ManagedEntry entry, read_entry(*object));
        auto [place, fresh] =
            places.try_emplace({entry.manager, entry.applied, entry.subresource,
                                entry.applied ? std::string() : entry.api_version},
                               read.size());
        if (fresh)
            read.push_back(std::move(entry));
        else
            read[place->second] = std::move(entry);
    }
    return read;
}

json::Array write_managed_fields(std::vector<ManagedEntry> entries) {
    std::ranges::sort(entries, {}, [](const ManagedEntry& entry) {
        return std::tuple<bool, int64_t, std::string_view, std::string_view, std::string_view>(
            !entry.applied, age_key(entry), entry.manager, entry.api_version, entry.subresource);
    });
    json::Array out;
    out.reserve(entries.size());
    for (const ManagedEntry& entry : entries) {
        json::Object object;
        object.reserve(kEntryFields);
        set_text(object, "apiVersion", entry.api_version);
        set_text(object, "fieldsType", "FieldsV1");
        set(object, "fieldsV1", entry.fields.write());
        if (!entry.manager.empty()) set_text(object, "manager", entry.manager);
        set_text(object, "operation", entry.applied ? "Apply" : "Update");
        if (!entry.subresource.empty()) set_text(object, "subresource", entry.subresource);
        if (entry.time) set_text(object, "time", base::format_rfc3339(*entry.time * 1000));
        out.push_back(std::move(object));
    }
    return out;
}

std::vector<ManagedEntry> managed_entries(const json::Object& object) {
    const json::Object* metadata = find_object(object, "metadata");
    const json::Array* entries =
        metadata == nullptr ? nullptr : find_array(*metadata, "managedFields");
    if (entries == nullptr) return {};
    auto read = read_managed_fields(*entries);
    return read ? std::move(*read) : std::vector<ManagedEntry>();
}

void set_managed_entries(json::Object& object, std::vector<ManagedEntry> entries) {
    json::Object& metadata = object["metadata"].get_object();
    if (entries.empty())
        erase(metadata, "managedFields");
    else
        set(metadata, "managedFields", write_managed_fields(std::move(entries)));
}

const FieldSet& unowned_fields() {
    static const FieldSet fields = [] {
        FieldSet set;
        for (std::string_view name : {"apiVersion", "kind", "metadata"})
            set.insert(std::vector{field_element(name)});
        for (std::string_view name :
             {"clusterName", "creationTimestamp", "generation", "managedFields", "name",
              "namespace", "resourceVersion", "selfLink", "uid"})
            set.insert(std::vector{field_element("metadata"), field_element(name)});
        return set;
    }();
    return fields;
}

bool is_reset(const json::Array& entries) {
    if (entries.empty()) return true;
    if (entries.size() > 1) return false;
    const json::Object* only = entries.front().if_object();
    return only != nullptr && only->empty();
}

void cap_updates(std::vector<ManagedEntry>& entries) {
    std::vector<size_t> updates;
    for (size_t i = 0; i < entries.size(); ++i)
        if (!entries[i].applied) updates.push_back(i);
    if (updates.size() <= kMostUpdates) return;
    std::ranges::sort(updates, {}, [&entries](size_t i) {
        return std::tuple<int64_t, std::string_view, std::string_view, std::string_view>(
            age_key(entries[i]), entries[i].manager, entries[i].api_version,
            entries[i].subresource);
    });
    // For each API version the oldest entry becomes a bucket, which takes the others in.
    constexpr size_t kNone = std::numeric_limits<size_t>::max();
    struct Bucket {
        size_t first = kNone;
        size_t bucket = kNone;
        std::vector<FieldSet> taken;
    };
    std::map<std::string, Bucket> buckets;
    // A bucket may exist from an earlier time; if there are several, the last one is used.
    for (size_t i : updates)
        if (entries[i].manager == kOldUpdates && entries[i].subresource.empty())
            buckets[entries[i].api_version].bucket = i;
    std::vector<bool> gone(entries.size());
    size_t left = updates.size();
    for (size_t at : updates) {
        if (left <= kMostUpdates) break;
        ManagedEntry& entry = entries[at];
        Bucket& bucket = buckets[entry.api_version];
        if (bucket.first == kNone) {
            bucket.first = at;
            continue;
        }
        if (at == bucket.bucket) continue;
        if (bucket.bucket == kNone) {
            bucket.bucket = bucket.first;
            entries[bucket.first].manager = kOldUpdates;
            entries[bucket.first].subresource.clear();
        }
        ManagedEntry& target = entries[bucket.bucket];
        bucket.taken.push_back(std::move(entry.fields));
        target.time = entry.time;
        gone[at] = true;
        --left;
    }
    for (auto& [version, bucket] : buckets)
        if (!bucket.taken.empty())
            entries[bucket.bucket].fields.unite(FieldSet::union_of(std::move(bucket.taken)));
    size_t index = 0;
    std::erase_if(entries, [&](const ManagedEntry&) { return gone[index++]; });
}

}  // namespace snapgate::rules
