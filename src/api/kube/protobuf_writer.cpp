#include "api/kube/protobuf_writer.h"

#include "base/varint.h"

namespace snapgate::api::kube {
namespace {

// The types of values on the wire.
constexpr uint64_t kVarint = 0;
constexpr uint64_t kBytes = 2;

}  // namespace

void append_bytes_field(uint64_t number, std::string_view bytes, std::string& message) {
    base::append_varint(number << 3U | kBytes, message);
    base::append_varint(bytes.size(), message);
    message += bytes;
}

void append_number_field(uint64_t number, uint64_t value, std::string& message) {
    base::append_varint(number << 3U | kVarint, message);
    base::append_varint(value, message);
}

}  // namespace snapgate::api::kube
