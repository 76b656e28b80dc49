#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "api/call.h"
#include "api/kube/list_document.h"
#include "api/kube/shown_cluster.h"
#include "api/list_text.h"
#include "base/result.h"
#include "query/fleet_list.h"
#include "query/kube_list.h"

namespace snapgate::api::kube {

// The document of an answer with a list of a cluster or of a fleet, for ListText (api/list_text.h).
class AnsweredList {
  public:
    // `now_ms`: ages in a Table are those at that moment.
    AnsweredList(ListDocument document, int64_t now_ms)
        : document_(std::move(document)), now_ms_(now_ms) {}

    void begin(std::string& out) { document_.begin(out); }
    base::Result<void> item(const query::KubeList& list, const store::Found& found,
                            std::string& out);
    base::Result<void> item(const query::FleetList& list, const query::FleetRow& row,
                            std::string& out);
    template <class List>
    void end(const List& list, std::string& out) {
        document_.end({list.version(), list.continue_token(), list.remaining()}, may_be_whole_,
                      out);
    }
    bool is_cheap() const { return document_.is_json(); }

    // Whether the text that end() finds has everything from the beginning on.
    void may_be_whole(bool whole) { may_be_whole_ = whole; }

  private:
    ListDocument document_;
    int64_t now_ms_;
    bool may_be_whole_ = true;
    // Of a fleet's list: the cluster of the last item. Objects of one cluster come one after the
    // other.
    std::optional<ShownCluster> shown_;
    size_t shown_index_ = 0;
};

// Answers with a list: as one answer, or, if it is long, in pieces. `document`: that of the text.
net::Awaitable<base::Result<void>> send_list(Call& call, RepeatableText& text,
                                             AnsweredList& document);

}  // namespace snapgate::api::kube
