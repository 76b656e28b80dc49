// Whatever a kubeconfig holds: it is read or refused with the path of what is wrong, and what was
// read says the same when it is written and read again.

#include <cstdint>
#include <string>

#include "check.h"
#include "connect/connection.h"
#include "connect/kubeconfig.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using snapgate::fuzz::check;
    namespace connect = snapgate::connect;

    const std::string text(snapgate::fuzz::text_of(bytes, size));
    auto connection = connect::read_kubeconfig(text, "");
    if (!connection) {
        check(connection.error().code == snapgate::base::Code::kInvalidBody,
              "the code of a refusal");
        check(!connection.error().subject.empty(), "a refusal names what is wrong");
        check(connection.error().message.size() < 2'000, "a refusal is short");
        return 0;
    }
    auto stored = connect::parse_connection(connect::to_text(*connection));
    check(stored && *stored == *connection, "what is stored is read back");
    auto again = connect::read_kubeconfig(connect::to_kubeconfig(*connection), "");
    check(again && *again == *connection, "a smallest kubeconfig says the same");
    return 0;
}
