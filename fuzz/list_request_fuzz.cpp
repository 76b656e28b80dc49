// What a client puts into a URL: the query of a list, and a continue token in it.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "input.h"
#include "model/names.h"
#include "query/continue_token.h"
#include "query/list_request.h"
#include "query/parameters.h"
#include "query/token_signer.h"

namespace {

bool sorted_once(const std::vector<std::string>& values) {
    return std::ranges::adjacent_find(values, std::greater_equal<>()) == values.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace snapgate;
    using fuzz::check;
    static const query::TokenSigner signer(std::string(32, 'k'));
    const std::string_view text = snapgate::fuzz::text_of(data, size);
    auto request = query::parse_list_request(text);
    if (request) {
        check(request->limit >= 1 && request->limit <= query::kMaxLimit, "the limit is in bounds");
        check(request->vms.size() <= query::kMaxFilterValues && sorted_once(request->vms),
              "VMs are few, and in order");
        check(request->namespaces.size() <= query::kMaxFilterValues &&
                  sorted_once(request->namespaces),
              "namespaces are few, and in order");
        check(std::ranges::all_of(request->vms, model::is_dns_subdomain), "a VM has a VM's name");
        check(std::ranges::all_of(request->namespaces, model::is_dns_label),
              "a namespace has a namespace's name");
        query::unseal_continue_token(signer, request->continue_token);
    } else {
        check(request.error().code == base::Code::kInvalidParameter, "the code of a refusal");
        check(!request.error().subject.empty(), "a refusal names the parameter");
        check(request.error().message.size() < 1024, "a refusal is short");
    }
    check(!query::unseal_continue_token(signer, text), "nobody without the key makes a token");
    query::ContinueToken token;
    token.store_id = std::string(16, 's');
    token.query = std::string(16, 'q');
    token.after = {"ns", std::string(text.substr(0, 253))};
    token.version = text.substr(0, 128);
    check(query::unseal_continue_token(signer, query::seal(signer, token)) == token,
          "a token says what was put into it");
    // Bytes with a right signature that are no token.
    query::unseal_continue_token(signer, signer.seal(text));
    return 0;
}
