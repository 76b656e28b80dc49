#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "facts/snapshot_parts.h"
#include "json/compact.h"
#include "json/document.h"
#include "json/object.h"
#include "json/text_writer.h"
#include "model/facts.h"
#include "model/schema.h"

namespace snapgate::json {

// Writes the stored form of one VirtualMachineSnapshot or Namespace in one pass over its DOM,
// checks the types of its known fields on the way and gathers the facts that rules look at. Keeps
// its memory between objects; not thread-safe.
class SnapshotWriter {
  public:
    // `check` may be null; see prepare_snapshot.
    base::Result<Prepared> write(const simdjson::dom::element& root, const Identity& fill,
                                 FactsCheck check);
    // The same for a snapshot as its cluster keeps it; see prepare_mirrored_snapshot.
    base::Result<Prepared> write_mirrored(const simdjson::dom::element& root);
    // The same for a core/v1 Namespace, which has a uid and a creationTimestamp.
    base::Result<Prepared> write_namespace(const simdjson::dom::element& root);

    void shrink();

  private:
    using Element = simdjson::dom::element;

    // Where the pass is, for messages: a member, or an element of a list.
    struct Step {
        std::string_view key;
        size_t index = 0;
        bool is_index = false;
    };

    // What the objects of a kind have at their root.
    struct Kind {
        const model::Schema& schema;
        std::string_view name;
        std::vector<std::string_view> versions;
        std::string_view stored_version;  // JSON text
        bool filled;                      // it takes a namespace and what is absent of Identity
        bool mirrored;                    // it is as its cluster keeps it: nothing is checked
    };
    static const Kind kSnapshot;
    static const Kind kMirrored;
    static const Kind kNamespace;

    base::Result<Prepared> write_kind(const Kind& kind, const Element& root, const Identity& fill,
                                      FactsCheck check);
    // The root as an object, if its kind and apiVersion are ones of kind_.
    base::Result<simdjson::dom::object> check_root(const Element& root) const;
    // False as soon as something is wrong: error_ says what.
    bool write_object(const simdjson::dom::object& object, const model::Schema* schema,
                      size_t level);
    // Puts what is to be written of an object at the end of members_, sorted by key.
    void take_members(const simdjson::dom::object& object, const model::Schema* schema);
    bool write_member(const Member& member, const model::Schema* schema, size_t level);
    bool write_typed(const Element& value, const model::Schema& schema, size_t level);
    bool write_any(const Element& value, size_t level);
    bool write_list(const simdjson::dom::array& list, const model::Schema* items, size_t level);
    bool write_time(const Element& value);
    bool write_fields_v1(const Element& value, size_t level);
    std::optional<Element> unwrap_raw(const Element& value);
    // Of the members of the metadata, which begin at `begin` and end with members_: adds those that
    // the server gives, and removes those that it does not keep.
    void fill_metadata(size_t begin);
    void drop_unkept(size_t begin);
    void note_absent(size_t begin);
    void fill_absent();
    void fill_namespace(size_t begin);
    void blank_version(size_t begin);
    // The last member of that key, which is the one that counts; null if there is none.
    const Element* last_of(std::string_view key, size_t begin) const;
    // Whether it is absent, null, or an empty string.
    bool lacks(std::string_view key, size_t begin) const;
    void note_null(const Member& member, bool any_before, bool any_after);
    void capture(const model::Schema* schema, std::string_view key, const Element& value);
    void capture_metadata(std::string_view key, const Element& value);
    void capture_owner(const simdjson::dom::object& object);
    std::vector<model::MetadataFacts::Entry>* entries_of(std::string_view key);
    void require(const model::Property& property);
    void note_fault(model::SchemaFault::Kind kind, std::string_view text = {});

    bool fail(std::string message, std::string subject = {});
    // What has another type than its field says: refused, or written as it is.
    bool other_type(const Element& value, const model::Schema& wanted, size_t level);
    // Whether it has what a list and a store need of it.
    base::Result<void> check_identity() const;
    bool too_deep();
    std::string path() const;
    // The facts of the snapshot that was just written.
    std::string derive_facts(const Element& root);

    const Kind* kind_ = nullptr;
    const Identity* fill_ = nullptr;
    Prepared result_;
    model::SnapshotFacts facts_;
    facts::SnapshotParts parts_;
    // Where the members of the map of strings that is being written go, if they are facts.
    std::vector<model::MetadataFacts::Entry>* entries_ = nullptr;
    std::optional<base::Error> error_;

    std::vector<Member> members_;  // of the objects that are being written
    std::vector<Step> steps_;
    Document raw_;  // what was in a Raw
    Document other_raw_;
    Document managers_;  // the managedFields that are filled in
    bool in_metadata_ = false;
    TextWriter out_;           // the text of the object
    TextWriter fields_;        // a fieldsV1 as compact JSON
    std::string literals_[4];  // JSON text of what is filled in: uid, time, generation, namespace
};

}  // namespace snapgate::json
