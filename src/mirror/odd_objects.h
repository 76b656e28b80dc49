#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"
#include "mirror/setback.h"
#include "model/object.h"

namespace snapgate::mirror {

// Objects that a cluster serves and that cannot be kept, as their name, uid or version is missing
// or of no use, as they are nested too deep, or as they hold what no JSON reader here takes: text
// that is not UTF-8, half of a surrogate pair, a number beyond any. They are passed over and
// counted. Any thread.

// Whether the text is one JSON value by its grammar (brackets, quotes, commas), of any depth and
// whatever bytes are in its strings. Then it ends where it seems to, and what follows it is
// something else; a kube-apiserver writes no such bytes, but an aggregated server or a proxy may.
bool is_delimited(std::string_view item);

// Whether what cannot be taken in is such an object. If not, it is no answer of a Kubernetes API
// server: broken JSON, or an object of another kind.
bool is_odd_object(std::string_view item, const cluster::ReflectedKind& kind);

// An object of a list or an event in its stored form; or, where there is none, why it is odd.
struct TakenObject {
    std::optional<model::PreparedObject> object;
    std::string odd;
};
// A Setback for what no Kubernetes API server answers.
Outcome<TakenObject> take_object(const cluster::ReflectedKind& kind, std::string_view text);

// The reason for which an object is odd, short enough for a message.
std::string_view shortened_reason(std::string_view why);

// Whether an object can have this name and namespace; and whether one of this uid and version, too,
// can be kept.
bool can_be_named(const json::ObjectHead& head);
bool can_be_kept(const json::ObjectHead& head);

}  // namespace snapgate::mirror
