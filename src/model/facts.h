#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snapgate::model {

// The parts of an object that the rules look at, whichever library parsed it: views into the parsed
// object, good as long as that is. Every field has the type that model/schema.h gives it; one that
// is absent or null is empty here. clear() keeps the memory of the lists for the next object.

struct MetadataFacts {
    struct Entry {
        std::string_view key;
        std::string_view value;

        auto operator<=>(const Entry&) const = default;
    };
    struct Owner {
        std::string_view api_version;
        std::string_view kind;
        std::string_view name;
        std::string_view uid;
        bool controller = false;
    };

    std::string_view name;
    std::string_view generate_name;
    std::string_view ns;
    std::string_view version;        // resourceVersion
    std::vector<Entry> labels;       // sorted by key
    std::vector<Entry> annotations;  // sorted by key
    std::vector<std::string_view> finalizers;
    std::vector<Owner> owners;

    void clear() {
        name = generate_name = ns = version = {};
        labels.clear();
        annotations.clear();
        finalizers.clear();
        owners.clear();
    }
};

// A field of the right type that breaks the schema nevertheless.
struct SchemaFault {
    enum class Kind : uint8_t {
        kMissing,  // it is required
        kNoTime,   // its text is no time of RFC 3339
    };
    Kind kind = Kind::kMissing;
    std::string field;      // its path: "status.conditions[0].type"
    std::string_view text;  // of kNoTime
};

struct SnapshotFacts {
    MetadataFacts metadata;
    bool has_source = false;
    std::optional<std::string_view> api_group;  // of spec.source, as the next two
    std::string_view source_kind;
    std::string_view source_name;
    std::optional<std::string_view> failure_deadline;
    // The first ones, found while the JSON of an import was read. Empty for a request's object,
    // which rules/schema_rules.h looks at.
    std::vector<SchemaFault> schema_faults;

    void clear() {
        metadata.clear();
        has_source = false;
        api_group.reset();
        source_kind = source_name = {};
        failure_deadline.reset();
        schema_faults.clear();
    }
};

}  // namespace snapgate::model
