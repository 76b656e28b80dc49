#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mirror/mirror_status.h"

// The part of a mirror's status that outlives the process, as it is stored. Any thread.
namespace snapgate::mirror {

std::string to_record(const MirrorStatus& status);
// A missing member is as in a new status. The error says what is wrong with the JSON.
base::Result<MirrorStatus> parse_record(std::string_view text);

}  // namespace snapgate::mirror
