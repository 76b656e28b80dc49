#include "api/kube/table_rows.h"

#include <memory>

#include "json/object_view.h"

namespace snapgate::api::kube {

base::Result<void> TableRows::append(std::string_view store_id, const Form& form,
                                     const store::Found& object, int64_t now_ms, std::string& out) {
    if (store_id != store_id_) {
        // Revisions of another store mean other objects.
        sets_ = std::vector<Set>(kSets);
        store_id_ = store_id;
    }
    Set& set = sets_[object.revision % kSets];
    for (size_t i = 0; i < set.rows.size(); ++i) {
        const Kept& kept = set.rows[i];
        if (kept.revision != object.revision || kept.form != form) continue;
        set.latest = i;
        append_row(kept.row, now_ms, out);
        return {};
    }
    const size_t place = 1 - set.latest;
    Kept& kept = set.rows[place];
    kept.revision = 0;
    ++made_;
    json::ObjectView& view = json::thread_object_view();
    SNAPGATE_TRY(view.read(object.object, {form.v1alpha1, {}}));
    SNAPGATE_TRY(make_row(form, view, kept.row));
    append_row(kept.row, now_ms, out);
    if (kept.row.text.size() > kMostRowBytes) {
        kept.row.text = {};
        return {};
    }
    kept.revision = object.revision;
    kept.form = form;
    set.latest = place;
    return {};
}

TableRows& thread_table_rows() {
    static thread_local auto rows = std::make_unique<TableRows>();
    return *rows;
}

}  // namespace snapgate::api::kube
