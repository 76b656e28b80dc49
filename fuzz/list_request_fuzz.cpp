// What a client puts into a URL: the query of a list, and a continue token in it.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/names.h"
#include "query/continue_token.h"
#include "query/list_request.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool sorted_once(const std::vector<std::string>& values) {
    return std::ranges::adjacent_find(values, std::greater_equal<>()) == values.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace snapgate;
    static const query::TokenSigner signer(std::string(32, 'k'));
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto request = query::parse_list_request(text);
    if (request) {
        require(request->limit >= 1 && request->limit <= query::kMaxLimit);
        require(request->vms.size() <= query::kMaxFilterValues && sorted_once(request->vms));
        require(request->namespaces.size() <= query::kMaxFilterValues &&
                sorted_once(request->namespaces));
        require(std::ranges::all_of(request->vms, model::is_dns_subdomain));
        require(std::ranges::all_of(request->namespaces, model::is_dns_label));
        signer.unseal(request->continue_token);
    } else {
        require(request.error().code == base::Code::kInvalidParameter);
        require(!request.error().subject.empty() && request.error().message.size() < 1024);
    }
    // Nobody without the key makes a token; what one says comes back as it was.
    require(!signer.unseal(text));
    query::ContinueToken token;
    token.store_id = std::string(16, 's');
    token.query = std::string(16, 'q');
    token.after = {"ns", std::string(text.substr(0, 253))};
    token.version = text.substr(0, 128);
    require(signer.unseal(signer.seal(token)) == token);
    return 0;
}
