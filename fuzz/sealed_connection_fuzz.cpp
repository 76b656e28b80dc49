// Sealed credentials: any bytes, and any change of what was sealed, are refused with advice; the
// text inside, which only a holder of the key can write, is read or refused without being quoted.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/sealing.h"
#include "check.h"
#include "connect/connection.h"
#include "connect/credentials.h"
#include "input.h"

namespace {

namespace base = snapgate::base;
namespace connect = snapgate::connect;
using snapgate::fuzz::check;
using snapgate::fuzz::check_equal;

constexpr std::string_view kUid = "0123456789abcdef01234567";

const std::string& key() {
    // Random: what one run has sealed must not open in the next one.
    static const std::string bytes = base::random_bytes(base::kSealingKeyBytes);
    return bytes;
}

void check_text(std::string_view text) {
    const connect::CredentialSealer sealer(key());
    const auto connection = sealer.open(kUid, base::seal(key(), kUid, text));
    if (!connection) {
        check(connection.error().code == base::Code::kCorrupt, "a wrong form is called damage");
        static const std::string same =
            sealer.open(kUid, base::seal(key(), kUid, "[]")).error().message;
        check_equal(connection.error().message, same, "no message says what is inside");
        return;
    }
    const auto sealed = sealer.seal(kUid, *connection);
    check(sealed.has_value(), "it is sealed");
    const auto again = sealer.open(kUid, *sealed);
    check(again && *again == *connection, "what was sealed is opened");
    check(!sealer.open("another", *sealed), "it does not open for another cluster");
}

void check_refused(std::string_view sealed) {
    const auto opened = connect::CredentialSealer(key()).open(kUid, sealed);
    check(!opened, "it is not opened");
    check(opened.error().code == base::Code::kUnauthorized, "the code of a refusal");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view input = snapgate::fuzz::text_of(bytes, size);
    check_text(input);
    static const std::string sealed = base::seal(key(), kUid, R"({"server":"https://a"})");
    // The fuzzer learns what was sealed from the comparison.
    if (input != sealed) check_refused(input);
    // What was sealed, with the input laid over it.
    std::string changed = sealed;
    for (size_t i = 0; i < size; ++i)
        changed[i % changed.size()] = static_cast<char>(changed[i % changed.size()] ^ input[i]);
    if (changed != sealed) check_refused(changed);
    check_refused(std::string_view(sealed).substr(0, size % sealed.size()));
    return 0;
}
