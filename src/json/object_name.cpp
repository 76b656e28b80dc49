#include <utility>

#include "base/utf8.h"
#include "json/cluster_answers.h"
#include "json/object.h"
#include "json/path.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

// Longer than any namespace and name, short enough for a line of an answer.
constexpr size_t kMaxBytes = 320;

std::string printable(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return text;
}

struct Name {
    std::string ns;
    std::string name;
};

Name name_in(std::string_view json) {
    auto value = parse(json);
    if (!value) {  // broken, or the beginning of one that is too large
        ObjectHead head = read_cut_object(json);
        return {std::move(head.ns), std::move(head.name)};
    }
    const Object* root = value->if_object();
    if (root == nullptr) return {};
    return {std::string(text_at(*root, {"metadata", "namespace"})),
            std::string(text_at(*root, {"metadata", "name"}))};
}

}  // namespace

std::string best_effort_name(std::string_view json) {
    const Name found = name_in(json);
    if (found.ns.empty() && found.name.empty()) return {};
    const std::string name = printable(found.name);
    std::string out = found.ns.empty() ? name : printable(found.ns) + "/" + name;
    out.resize(base::clip(out, kMaxBytes).size());
    return out;
}

}  // namespace snapgate::json
