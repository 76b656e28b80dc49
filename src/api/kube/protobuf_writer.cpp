#include "api/kube/protobuf_writer.h"

namespace snapgate::api::kube {
namespace {

// The types of values on the wire.
constexpr uint64_t kVarint = 0;
constexpr uint64_t kBytes = 2;

void append_varint(uint64_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
    out += static_cast<char>(value);
}

}  // namespace

void append_bytes_field(uint64_t number, std::string_view bytes, std::string& message) {
    append_varint(number << 3U | kBytes, message);
    append_varint(bytes.size(), message);
    message += bytes;
}

void append_number_field(uint64_t number, uint64_t value, std::string& message) {
    append_varint(number << 3U | kVarint, message);
    append_varint(value, message);
}

}  // namespace snapgate::api::kube
