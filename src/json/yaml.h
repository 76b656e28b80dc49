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
// them to an ItemSplitter. Plain scalars are typed as Kubernetes' YAML reader does (YAML 1.2 core:
// null, booleans, numbers; all else text). Refused with kInvalidBody and the line: aliases,
// anchors, tags other than the core ones, keys that are no text, nesting deeper than 64.
using TextSink = std::function<base::Result<void>(std::string_view json)>;

// How far a stream of YAML shows that it came whole. A text in block style is good wherever it is
// cut between two lines, so only what stands behind the items of a list shows that these ended.
struct YamlEnd {
    size_t documents = 0;
    // Why a list was cut off for certain, with its line and its last item: it says nowhere that it
    // is a list (kubectl writes that behind the items), or something else stands behind its items.
    std::optional<std::string> cut;
    // Something has no end that could be missed: a document that is no list, a list whose items
    // come last.
    bool open = false;
    // The last document is such a one, and the stream ends within a line.
    bool ends_in_line = false;
};
base::Result<YamlEnd> yaml_to_json(std::istream& in, const TextSink& sink);

// One document as a JSON text; an empty one is null. A key that is there twice stays so. Refused as
// above, and more than one document.
base::Result<std::string> yaml_document_to_json(std::string_view text);

// One small document (a configuration file) as a value. An empty one is null.
base::Result<Value> parse_yaml(std::string_view text);

// A value as YAML, the way kubectl prints it.
std::string to_yaml(const Value& value);
// The same within a document: the first line is begun already, at column `indent`; the last one is
// not ended.
void append_yaml(const Value& value, size_t indent, std::string& out);

}  // namespace snapgate::json
