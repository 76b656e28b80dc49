#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::json {

// Rewrites a stream of YAML documents as JSON texts, one after another, in constant memory; feed
// them to an ItemSplitter. Plain scalars get their type as in Kubernetes' YAML reader (YAML 1.2
// core: null, booleans, numbers; all others are text). Refused, with kInvalidBody and the line:
// tags other than the core ones, merge keys (<<), keys that are not text or are given twice in a
// map (two documents without a "---" between them look like that), nesting deeper than 64, and
// anchors or aliases that stand for more than 1 MiB in a document. What an anchor stands for is
// written at each of its aliases.
using TextSink = std::function<base::Result<void>(std::string_view json)>;

// Whether a stream of YAML proves that it is complete. A text in block style is valid wherever it
// is cut between two lines, so only a member after the items of a list proves that the items have
// ended.
struct YamlEnd {
    size_t documents = 0;
    // Set if a list was certainly cut off: the reason, with the list's line and its last item. The
    // list does not name the kind of a list, which kubectl writes after the items, or a member that
    // no list has comes after its items.
    std::optional<std::string> cut;
    // A part of the stream does not show its end: a document that is not a list, or a list whose
    // items come last.
    bool open = false;
    // The last document is such a part, and the stream ends within a line.
    bool ends_in_line = false;
};
base::Result<YamlEnd> yaml_to_json(std::istream& in, const TextSink& sink);

// Converts one document to a JSON text; an empty document is null. A key that occurs twice stays
// twice, because whoever reads the JSON has a rule for it (fieldValidation of a write). Refuses the
// other things above, and more than one document.
base::Result<std::string> yaml_document_to_json(std::string_view text);

// Reads one small document (a configuration file) as a value. An empty document is null.
base::Result<Value> parse_yaml(std::string_view text);

// A value as YAML, in kubectl's style.
std::string to_yaml(const Value& value);
// Appends a value within a YAML document. Its first line has begun already, at column `indent`; its
// last line gets no line break.
void append_yaml(const Value& value, size_t indent, std::string& out);

}  // namespace snapgate::json
