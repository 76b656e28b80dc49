// What a client puts into the URL of a question about a fleet: its query, and a continue token in
// it.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "input.h"
#include "query/continue_token.h"
#include "query/event_id.h"
#include "query/fleet.h"
#include "query/fleet_request.h"
#include "query/fleet_token.h"
#include "query/parameters.h"
#include "query/token_signer.h"

namespace {

using namespace snapgate;
using fuzz::check;

void check_values(const std::vector<std::string>& values) {
    check(values.size() <= query::kMaxFilterValues, "a filter has few values");
    check(std::ranges::adjacent_find(values, std::greater_equal<>()) == values.end(),
          "values are in order, each once");
}

void check_request(std::string_view text, std::string_view cluster, query::Question question) {
    const auto request = query::parse_fleet_request(text, cluster, question);
    if (!request) {
        check(request.error().code == base::Code::kInvalidParameter, "the code of a refusal");
        check(request.error().message.size() < 2048, "a refusal is short");
        return;
    }
    const bool page_of_cluster =
        cluster != query::kAllClusters && question == query::Question::kList;
    const uint32_t most =
        page_of_cluster ? query::FleetRequest::kMostOfCluster : query::FleetRequest::kMostOfFleet;
    check(request->limit >= 1 && request->limit <= most, "the limit is in bounds");
    check(request->max_age > 0, "an age is positive");
    check(request->query.size() == 16, "a digest's size");
    check_values(request->filter.vms);
    check_values(request->filter.namespaces);
    check_values(request->filter.clusters);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const query::TokenSigner signer(std::string(32, 'k'));
    const std::string_view text = fuzz::text_of(data, size);
    for (const std::string_view cluster : {query::kAllClusters, std::string_view("c")}) {
        for (const auto question :
             {query::Question::kList, query::Question::kSummary, query::Question::kProtection})
            check_request(text, cluster, question);
    }
    check(!query::unseal_fleet_token(signer, text), "nobody without the key makes a token");
    check(!query::unseal_event_id(signer, text), "nor the id of an event");
    query::FleetToken token;
    token.store_id = std::string(16, 's');
    token.query = std::string(16, 'q');
    token.state = {size, 7};
    token.remaining = size;
    token.key = {false, size, std::string(text.substr(0, 253))};
    token.after = {
        std::string(text.substr(0, 128)), "uid", {"ns", std::string(text.substr(0, 253))}};
    const std::string sealed = query::seal(signer, token);
    check(sealed.size() <= query::kMaxFleetTokenBytes, "a token is short");
    check(query::unseal_fleet_token(signer, sealed) == token, "a token says what was put into it");
    // What was sealed can be read only whole: its bytes, whatever they are, are no other token.
    std::string changed = sealed;
    if (size > 0) {
        char& one = changed[data[0] % changed.size()];
        one = one == 'A' ? 'B' : 'A';
        const auto read = query::unseal_fleet_token(signer, changed);
        check(!read || changed == sealed || *read == token, "a changed token is none");
    }
    // Bytes with a right signature that are no token.
    query::unseal_fleet_token(signer, signer.seal_hidden(std::string(text)));
    return 0;
}
