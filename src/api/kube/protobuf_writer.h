#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::api::kube {

// Fields of a protobuf message, appended to its bytes. A message within a message is a field of
// bytes; fields of a message stand in any order, those of one number in theirs.

// A text, bytes or a message.
void append_bytes_field(uint64_t number, std::string_view bytes, std::string& message);
// A bool, or an integer that is not negative.
void append_number_field(uint64_t number, uint64_t value, std::string& message);

}  // namespace snapgate::api::kube
