// Tables of meta/v1 as kube-apiserver makes them: of custom resources by their CRD's
// additionalPrinterColumns (apiextensions-apiserver's tableconvertor), of namespaces by its
// printer.
#include "api/kube/table.h"

#include <array>
#include <cstdint>

#include "api/kube/cell_text.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/json_text.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

// What stands where there is no value.
constexpr std::string_view kNothing = "null";

#define SNAPGATE_NAME_COLUMN                                                                       \
    R"({"name":"Name","type":"string","format":"name","description":"Name must be unique within )" \
    R"(a namespace. Is required when creating resources, although some resources may allow a )"    \
    R"(client to request the generation of an appropriate name automatically. Name is primarily )" \
    R"(intended for creation idempotence and configuration definition. Cannot be updated. More )"  \
    R"(info: http://kubernetes.io/docs/user-guide/identifiers#names","priority":0})"
#define SNAPGATE_CRD_COLUMN(name, type, path)                                                       \
    R"(,{"name":")" name R"(","type":")" type                                                       \
    R"(","format":"","description":"Custom resource definition column (in JSONPath format): )" path \
    R"(","priority":0})"

constexpr std::string_view kSnapshotColumns = "[" SNAPGATE_NAME_COLUMN   //
    SNAPGATE_CRD_COLUMN("SourceKind", "string", ".spec.source.kind")     //
    SNAPGATE_CRD_COLUMN("SourceName", "string", ".spec.source.name")     //
    SNAPGATE_CRD_COLUMN("Phase", "string", ".status.phase")              //
    SNAPGATE_CRD_COLUMN("ReadyToUse", "boolean", ".status.readyToUse")   //
    SNAPGATE_CRD_COLUMN("CreationTime", "date", ".status.creationTime")  //
    SNAPGATE_CRD_COLUMN("Error", "string", ".status.error.message") "]";

constexpr std::string_view kRestoreColumns = "[" SNAPGATE_NAME_COLUMN  //
    SNAPGATE_CRD_COLUMN("TargetKind", "string", ".spec.target.kind")   //
    SNAPGATE_CRD_COLUMN("TargetName", "string", ".spec.target.name")   //
    SNAPGATE_CRD_COLUMN("Complete", "boolean", ".status.complete")     //
    SNAPGATE_CRD_COLUMN("RestoreTime", "date", ".status.restoreTime")  //
    SNAPGATE_CRD_COLUMN("Error", "string", ".status.error.message") "]";

constexpr std::string_view kNamespaceColumns =
    "[" SNAPGATE_NAME_COLUMN
    R"(,{"name":"Status","type":"string","format":"","description":"The status of the namespace",)"
    R"("priority":0},{"name":"Age","type":"string","format":"","description":"CreationTimestamp )"
    R"(is a timestamp representing the server time when this object was created. It is not )"
    R"(guaranteed to be set in happens-before order across separate operations. Clients may not )"
    R"(set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the )"
    R"(system. Read-only. Null for lists. More info: )"
    R"(https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata)"
    R"(","priority":0}])";

#undef SNAPGATE_CRD_COLUMN
#undef SNAPGATE_NAME_COLUMN

bool is_text(std::string_view raw) {
    return raw.starts_with('"');
}

// A time's text without its quotes; one with escapes in it is none.
std::string_view without_quotes(std::string_view raw) {
    return is_text(raw) ? raw.substr(1, raw.size() - 2) : std::string_view();
}

// Where the cells' values of custom resources are, and what their columns make of them. The name
// comes first; one cell at most is an age.
enum class Cell : uint8_t { kText, kFlag, kAge };
template <size_t Count>
struct CustomCells {
    std::array<json::ObjectPath, Count> paths;
    std::array<Cell, Count> types;
};
constexpr CustomCells<7> kSnapshotCells{
    {{
        {{"metadata", "name"}, 2},
        {{"spec", "source", "kind"}, 3},
        {{"spec", "source", "name"}, 3},
        {{"status", "phase"}, 2},
        {{"status", "readyToUse"}, 2},
        {{"status", "creationTime"}, 2},
        {{"status", "error", "message"}, 3},
    }},
    {Cell::kText, Cell::kText, Cell::kText, Cell::kText, Cell::kFlag, Cell::kAge, Cell::kText}};
constexpr CustomCells<6> kRestoreCells{
    {{
        {{"metadata", "name"}, 2},
        {{"spec", "target", "kind"}, 3},
        {{"spec", "target", "name"}, 3},
        {{"status", "complete"}, 2},
        {{"status", "restoreTime"}, 2},
        {{"status", "error", "message"}, 3},
    }},
    {Cell::kText, Cell::kText, Cell::kText, Cell::kFlag, Cell::kAge, Cell::kText}};
constexpr std::array<json::ObjectPath, 3> kNamespaceCells{{
    {{"metadata", "name"}, 2},
    {{"status", "phase"}, 2},
    {{"metadata", "creationTimestamp"}, 2},
}};

// Puts a time's age into the row, as Go's duration.HumanDuration shows it.
void put_age(std::string_view time, TableRow& row) {
    constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";
    if (time.empty() || time == kZeroTime) {
        row.text += R"("<unknown>")";
        return;
    }
    row.since_ms = base::parse_rfc3339(time);
    if (!row.since_ms) row.text += R"("<invalid>")";
    row.age_at = row.text.size();
}

template <size_t Count>
Result<void> put_custom_cells(const CustomCells<Count>& cells, json::ObjectView& object,
                              TableRow& row) {
    std::array<std::string_view, Count> values;
    SNAPGATE_TRY(object.find(cells.paths, values));
    std::string& out = row.text;
    for (size_t at = 0; at < Count; ++at) {
        if (at > 0) out += ',';
        const std::string_view value = values[at];
        if (cells.types[at] == Cell::kFlag) {
            out += value.empty() || is_text(value) ? kNothing : value;
        } else if (!is_text(value)) {
            out += at == 0 ? R"("")" : kNothing;
        } else if (cells.types[at] == Cell::kAge) {
            put_age(without_quotes(value), row);
        } else {
            append_cell_text(value, out);
        }
    }
    return {};
}

Result<void> put_namespace_cells(json::ObjectView& object, TableRow& row) {
    std::array<std::string_view, kNamespaceCells.size()> values;
    SNAPGATE_TRY(object.find(kNamespaceCells, values));
    for (const std::string_view value : {values[0], values[1]}) {
        append_cell_text(is_text(value) ? value : R"("")", row.text);
        row.text += ',';
    }
    put_age(without_quotes(values[2]), row);
    return {};
}

Result<void> put_cells(model::Kind kind, json::ObjectView& object, TableRow& row) {
    if (kind == model::Kind::kNamespace) return put_namespace_cells(object, row);
    if (kind == model::Kind::kRestore) return put_custom_cells(kRestoreCells, object, row);
    return put_custom_cells(kSnapshotCells, object, row);
}

}  // namespace

std::string_view table_columns(model::Kind kind) {
    if (kind == model::Kind::kNamespace) return kNamespaceColumns;
    return kind == model::Kind::kRestore ? kRestoreColumns : kSnapshotColumns;
}

Result<void> append_partial_metadata(const Form& form, json::ObjectView& object, std::string& out) {
    out += R"({"kind":"PartialObjectMetadata","apiVersion":")";
    out += form.meta_version();
    out += R"(","metadata":)";
    SNAPGATE_TRY(object.append_metadata(out));
    out += '}';
    return {};
}

Result<void> make_row(const Form& form, json::ObjectView& object, TableRow& row) {
    std::string& out = row.text;
    row.since_ms.reset();
    out = R"({"cells":[)";
    SNAPGATE_TRY(put_cells(form.kind, object, row));
    out += R"(],"object":)";
    switch (form.include) {
        case IncludeObject::kMetadata:
            SNAPGATE_TRY(append_partial_metadata(form, object, out));
            break;
        case IncludeObject::kObject:
            out += object.text();
            break;
        case IncludeObject::kNone:
            out += kNothing;
            break;
    }
    out += '}';
    return {};
}

void append_row(const TableRow& row, int64_t now_ms, std::string& out) {
    const std::string_view text(row.text);
    if (!row.since_ms) {
        out += text;
        return;
    }
    out += text.substr(0, row.age_at);
    const base::Millis age(now_ms - *row.since_ms);
    base::append_json_string(
        base::human_duration(std::chrono::duration_cast<std::chrono::seconds>(age)), out);
    out += text.substr(row.age_at);
}

}  // namespace snapgate::api::kube
