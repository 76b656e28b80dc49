#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/kube/forms.h"
#include "api/kube/kind_names.h"
#include "api/kube/shown_cluster.h"
#include "store/store.h"

namespace snapgate::api::kube {

// What a list says of itself.
struct ListMetadata {
    std::string version;
    std::string continue_token;         // "": it is the last page
    std::optional<uint64_t> remaining;  // objects after this page
};

// Writes a list in the form a client asked for, object by object: begin(), item() for each, end().
// The text can be taken away between the calls, so that a list of any length needs little memory.
// Lists of custom resources have their keys in order; typed ones (Tables, metadata, namespaces) as
// Go writes them, with the metadata in front where all of the text is still there, and else at the
// end.
class ListDocument {
  public:
    enum class Items {
        kOfCluster,
        kOfFleet,  // each with its cluster
    };
    // `store_id`: of the store that the objects are from (store::Store::id).
    ListDocument(const Form& form, std::string_view store_id, Items items = Items::kOfCluster)
        : form_(form), store_id_(store_id), items_(items) {}

    void begin(std::string& out);
    base::Result<void> item(const store::Found& object, int64_t now_ms, std::string& out) {
        return append(object, nullptr, now_ms, out);
    }
    // The same in a list of a fleet.
    base::Result<void> item_of(const ShownCluster& cluster, const store::Found& object,
                               int64_t now_ms, std::string& out) {
        return append(object, &cluster, now_ms, out);
    }
    bool is_json() const { return form_.media == Media::kJson; }
    // `whole`: `out` holds everything since begin().
    void end(const ListMetadata& metadata, bool whole, std::string& out);

  private:
    bool untyped() const { return form_.shape == Shape::kObject && names_of(form_.kind).custom(); }
    base::Result<void> append(const store::Found& object, const ShownCluster* cluster,
                              int64_t now_ms, std::string& out);
    std::string columns() const;
    std::string_view list_kind() const;
    std::string_view list_version() const;
    std::string_view items_key() const { return form_.shape == Shape::kTable ? "rows" : "items"; }
    void append_json_metadata(const ListMetadata& metadata, std::string& out) const;
    void append_yaml_metadata(const ListMetadata& metadata, std::string& out) const;
    base::Result<void> append_yaml_item(size_t begin, std::string& out) const;

    Form form_;
    std::string store_id_;
    Items items_;
    size_t metadata_at_ = 0;  // where it stands in front
    bool any_ = false;
};

}  // namespace snapgate::api::kube
