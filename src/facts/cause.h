#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "facts/facts.h"

namespace snapgate::facts {

// Why a snapshot is not good, or what holds its deletion.
struct Cause {
    std::string sentence;     // at most 600 bytes; "" if nothing is known
    std::string cause_class;  // at most 300 bytes
    bool silent = false;      // it only says that the snapshot failed, and not why
};

// KubeVirt's own error, else what the conditions say: a failure by the deadline leaves no error.
Cause find_cause(const SnapshotParts& parts, State state);

// An error's message as a sentence: on one line, and at most 600 bytes. Of a sentence it is the
// same.
std::string sentence_of(std::string_view message);
// The cause that an error's message is, with the names that differ from object to object.
Cause cause_of_error(std::string_view message, std::vector<std::string_view> names);

// The class of a sentence: each of `names`, UUIDs, runs of 8 or more hexadecimal digits, addresses
// and numbers become "*", so that the same fault of a thousand VMs is one class. A name counts only
// where it stands by itself or between signs: in "pvc-web-1-disk" the name "web-1" does, in
// "webserver" the name "web" does not.
std::string classify(std::string_view sentence, std::span<const std::string_view> names);

}  // namespace snapgate::facts
