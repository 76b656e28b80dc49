#pragma once

#include <string>
#include <vector>

namespace snapgate::objects {

// What a write left behind.
struct Written {
    // The object as it is stored now, or was last: model::decode_object reads it. "" if it was
    // removed and nobody knows what it was, because it was damaged.
    std::string value;
    bool removed = false;  // it is gone
    bool created = false;  // it is new: of apply_hosted() alone
    bool dry_run = false;  // nothing was stored
    std::vector<std::string> warnings;
};

}  // namespace snapgate::objects
