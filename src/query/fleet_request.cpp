#include "query/fleet_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/ascii.h"
#include "base/query_string.h"
#include "base/quote.h"
#include "query/continue_token.h"
#include "query/fingerprint.h"
#include "query/fleet.h"
#include "query/parameters.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

// Of a part of a name or of a cause.
constexpr size_t kMostPartBytes = 256;
constexpr size_t kMostColumns = 32;
constexpr size_t kMostClusterBytes = 256;

Error wrong(std::string_view name, std::string_view value, std::string_view rule) {
    return {Code::kInvalidParameter,
            fmt::format("{} {} is not understood: {}", name, base::quote(value, kShownValueBytes),
                        rule),
            std::string(name)};
}

Result<void> read_flag(std::string_view name, std::string_view value, std::optional<bool>& flag) {
    if (value.empty()) return {};
    if (value != "true" && value != "false") return wrong(name, value, "use true or false");
    flag = value == "true";
    return {};
}

Result<void> read_choice(std::string_view name, std::string_view value, bool& choice) {
    std::optional<bool> flag;
    SNAPGATE_TRY(read_flag(name, value, flag));
    choice = flag.value_or(false);
    return {};
}

Result<void> read_moment(std::string_view name, std::string_view value,
                         std::optional<Moment>& moment) {
    if (value.empty()) return {};
    moment = Moment::parse(value);
    if (!moment) {
        return wrong(name, value,
                     "use a time such as 2026-11-04T14:19:06Z, or how long ago, such as 7d or 36h");
    }
    return {};
}

Result<void> read_part(std::string_view name, std::string_view value, std::string& part) {
    if (value.size() > kMostPartBytes)
        return wrong(name, value, fmt::format("use at most {} bytes", kMostPartBytes));
    part = base::to_lower(value);
    return {};
}

template <class Enum>
Result<void> read_set(std::string_view name, std::string_view csv, std::string_view rule,
                      std::optional<Enum> (*read)(std::string_view), SetOf<Enum>& set) {
    return each_value(csv, [&](std::string_view value) -> Result<void> {
        const auto one = read(value);
        if (!one) return wrong(name, value, rule);
        set.add(*one);
        return {};
    });
}

bool is_cluster_text(std::string_view text) {
    return text.size() <= kMostClusterBytes;
}

Result<void> read_vms(FleetRequest& request, std::string_view value) {
    return add_vms(value, request.filter.vms);
}
Result<void> read_namespaces(FleetRequest& request, std::string_view value) {
    return add_namespaces(value, request.filter.namespaces);
}
Result<void> read_clusters(FleetRequest& request, std::string_view value) {
    return add_values("cluster", value, is_cluster_text, "a cluster's name has at most 256 bytes",
                      request.filter.clusters);
}
Result<void> read_phase(FleetRequest& request, std::string_view value) {
    return read_set("phase", value, "use Pending, InProgress, Succeeded, Failed or Deleting",
                    facts::state_of, request.filter.states);
}
Result<void> read_consistency(FleetRequest& request, std::string_view value) {
    return read_set("consistency", value, "use application, crash, offline or unknown",
                    facts::consistency_of, request.filter.consistencies);
}
Result<void> read_labels(FleetRequest& request, std::string_view value) {
    if (value.empty()) return {};
    SNAPGATE_ASSIGN(request.filter.labels, Selector::parse(model::Kind::kSnapshot, value, {}));
    return {};
}
Result<void> read_sort(FleetRequest& request, std::string_view value) {
    if (value.empty()) return {};
    request.order = SortOrder::parse(value);
    if (!request.order) {
        return wrong("sort", value,
                     fmt::format("use {}, with '-' before it for descending", kSortFields));
    }
    return {};
}
Result<void> read_format(FleetRequest& request, std::string_view value) {
    if (value == "csv") {
        request.format = ListFormat::kCsv;
    } else if (value == "ndjson") {
        request.format = ListFormat::kNdjson;
    } else if (value == "json") {
        request.format = ListFormat::kPage;
    } else if (!value.empty()) {
        return wrong("format", value, "use csv, ndjson or json");
    }
    return {};
}
Result<void> read_format_of_list(FleetRequest& request, std::string_view value) {
    if (value == "events") {
        request.format = ListFormat::kEvents;
        return {};
    }
    if (value == "rows") {
        request.format = ListFormat::kRows;
        return {};
    }
    if (read_format(request, value)) return {};
    return wrong("format", value, "use csv, ndjson, rows, events or json");
}
Result<void> read_columns(FleetRequest& request, std::string_view value) {
    return each_value(value, [&](std::string_view name) -> Result<void> {
        // Whoever writes the table knows its columns. It has fewer than these.
        if (request.columns.size() == kMostColumns) {
            return Error(Code::kInvalidParameter,
                         fmt::format("columns has more than {} values", kMostColumns), "columns");
        }
        request.columns.emplace_back(name);
        return {};
    });
}
Result<void> read_initial_events(FleetRequest& request, std::string_view value) {
    std::optional<bool> wanted;
    SNAPGATE_TRY(read_flag("sendInitialEvents", value, wanted));
    request.initial_events = wanted.value_or(true);
    return {};
}

Result<void> read_max_age(FleetRequest& request, std::string_view value) {
    if (value.empty()) return {};
    const auto moment = Moment::parse(value);
    if (!moment || !moment->relative || moment->ago == 0)
        return wrong("maxAge", value, "use a duration such as 24h or 7d");
    request.max_age = moment->ago;
    return {};
}
Result<void> read_verdict(FleetRequest& request, std::string_view value) {
    return read_set("verdict", value, "use Protected, Late, Failing, Never or Unknown", verdict_of,
                    request.verdicts);
}
Result<void> read_vm_sort(FleetRequest& request, std::string_view value) {
    if (value.empty()) return {};
    request.vm_order = VmOrder::parse(value);
    if (!request.vm_order) {
        return wrong("sort", value,
                     fmt::format("use {}, with '-' before it for descending", kVmSortFields));
    }
    return {};
}
Result<void> read_good_enough(FleetRequest& request, std::string_view value) {
    if (value.empty()) return {};
    if (value != "application") return wrong("consistency", value, "use application here");
    request.application_only = true;
    return {};
}

// Which questions take a parameter.
constexpr uint8_t kOfList = 1;
constexpr uint8_t kOfSummary = 2;
constexpr uint8_t kOfProtection = 4;
constexpr uint8_t kOfSnapshots = kOfList | kOfSummary;
constexpr uint8_t kOfRows = kOfList | kOfProtection;
constexpr uint8_t kOfAll = kOfSnapshots | kOfProtection;

uint8_t bit_of(Question question) {
    switch (question) {
        case Question::kList:
            return kOfList;
        case Question::kSummary:
            return kOfSummary;
        case Question::kProtection:
            return kOfProtection;
        case Question::kSources:
            break;
    }
    return 0;
}

// A parameter, in the order of names.
struct Parameter {
    std::string_view name;
    uint8_t questions;
    bool once;   // it may be given once
    bool old;    // list_request.h knows it, too
    bool bound;  // a token is bound to its value
    Result<void> (*read)(FleetRequest& request, std::string_view value);
};

constexpr std::array kParameters = {
    Parameter{
        "cause", kOfAll, true, false, true,
        [](FleetRequest& r, std::string_view v) { return read_part("cause", v, r.filter.cause); }},
    Parameter{"causeClass", kOfAll, true, false, true,
              [](FleetRequest& r, std::string_view v) {
                  r.filter.cause_class = v;
                  return Result<void>();
              }},
    Parameter{"cluster", kOfAll, false, false, true, read_clusters},
    Parameter{"columns", kOfRows, false, false, false, read_columns},
    Parameter{"consistency", kOfSnapshots, false, false, true, read_consistency},
    Parameter{"consistency", kOfProtection, true, false, true, read_good_enough},
    Parameter{"continue", kOfRows, true, true, false,
              [](FleetRequest& r, std::string_view v) {
                  r.continue_token = v;
                  return Result<void>();
              }},
    Parameter{"createdAfter", kOfSnapshots, true, false, true,
              [](FleetRequest& r, std::string_view v) {
                  return read_moment("createdAfter", v, r.filter.created.after);
              }},
    Parameter{"createdBefore", kOfSnapshots, true, false, true,
              [](FleetRequest& r, std::string_view v) {
                  return read_moment("createdBefore", v, r.filter.created.before);
              }},
    Parameter{"finishedAfter", kOfSnapshots, true, false, true,
              [](FleetRequest& r, std::string_view v) {
                  return read_moment("finishedAfter", v, r.filter.finished.after);
              }},
    Parameter{"finishedBefore", kOfSnapshots, true, false, true,
              [](FleetRequest& r, std::string_view v) {
                  return read_moment("finishedBefore", v, r.filter.finished.before);
              }},
    Parameter{"format", kOfList, true, false, false, read_format_of_list},
    Parameter{"format", kOfProtection, true, false, false, read_format},
    Parameter{"gone", kOfProtection, true, false, true,
              [](FleetRequest& r, std::string_view v) { return read_choice("gone", v, r.gone); }},
    Parameter{
        "good", kOfSnapshots, true, false, true,
        [](FleetRequest& r, std::string_view v) { return read_flag("good", v, r.filter.good); }},
    Parameter{
        "ignored", kOfProtection, true, false, true,
        [](FleetRequest& r, std::string_view v) { return read_choice("ignored", v, r.ignored); }},
    Parameter{"labelSelector", kOfAll, true, false, true, read_labels},
    Parameter{"limit", kOfRows, true, true, false, nullptr},
    Parameter{"maxAge", kOfProtection, true, false, true, read_max_age},
    Parameter{
        "name", kOfAll, true, false, true,
        [](FleetRequest& r, std::string_view v) { return read_part("name", v, r.filter.name); }},
    Parameter{"namespace", kOfAll, false, true, true, read_namespaces},
    Parameter{"phase", kOfSnapshots, false, false, true, read_phase},
    Parameter{
        "ready", kOfSnapshots, true, false, true,
        [](FleetRequest& r, std::string_view v) { return read_flag("ready", v, r.filter.ready); }},
    Parameter{"sendInitialEvents", kOfList, true, false, false, read_initial_events},
    Parameter{"sort", kOfList, true, false, true, read_sort},
    Parameter{"sort", kOfProtection, true, false, true, read_vm_sort},
    Parameter{
        "stuck", kOfSnapshots, true, false, true,
        [](FleetRequest& r, std::string_view v) { return read_flag("stuck", v, r.filter.stuck); }},
    Parameter{"verdict", kOfProtection, false, false, true, read_verdict},
    Parameter{"vmName", kOfAll, false, true, true, read_vms},
};
static_assert(std::ranges::is_sorted(kParameters, {}, &Parameter::name));

const Parameter* find_parameter(std::string_view name, Question question) {
    for (const Parameter& parameter :
         std::ranges::equal_range(kParameters, name, {}, &Parameter::name)) {
        if ((parameter.questions & bit_of(question)) != 0) return &parameter;
    }
    return nullptr;
}

Error unknown(std::string_view name, Question question) {
    std::string known;
    for (const Parameter& parameter : kParameters) {
        if ((parameter.questions & bit_of(question)) == 0) continue;
        if (!known.empty()) known += ", ";
        known += parameter.name;
    }
    return {Code::kInvalidParameter,
            fmt::format("there is no parameter {} here: the parameters are {}",
                        base::quote(name, kShownValueBytes), known.empty() ? "none" : known),
            std::string(name.substr(0, kShownValueBytes))};
}

// What a token is bound to: the texts of the filters and of the order, as they are meant. A moment
// counts as it was given, so that "7d" stays the same list while time passes.
class BoundTexts {
  public:
    void add(const Parameter& parameter, std::string_view value) {
        if (!parameter.bound || value.empty()) return;
        auto& values = values_[parameter.name];
        if (parameter.once) {
            values.emplace_back(value);
        } else {
            // each_value() fails only where `take` does.
            (void)each_value(value, [&](std::string_view one) {
                values.emplace_back(one);
                return Result<void>();
            });
        }
    }

    std::string digest(std::string_view cluster, Question question) {
        Fingerprint parts("fleet");
        parts.text(cluster).number(static_cast<uint8_t>(question));
        for (auto& [name, values] : values_) {
            sort_unique(values);
            parts.text(name).number(static_cast<uint32_t>(values.size()));
            for (const std::string& value : values) parts.text(value);
        }
        return parts.digest(kListingDigestBytes);
    }

  private:
    std::map<std::string_view, std::vector<std::string>> values_;
};

}  // namespace

Result<FleetRequest> parse_fleet_request(std::string_view query, std::string_view cluster,
                                         Question question) {
    FleetRequest request;
    BoundTexts bound;
    std::array<bool, kParameters.size()> given{};
    base::QueryString parameters(query);
    const bool published = cluster != kAllClusters && question == Question::kList;
    const uint32_t most = published ? FleetRequest::kMostOfCluster : FleetRequest::kMostOfFleet;
    while (const auto parameter = parameters.next()) {
        const Parameter* known = find_parameter(parameter->name, question);
        // Nothing stands between two "&".
        if (parameter->name.empty() && parameter->value.empty()) continue;
        if (known == nullptr) {
            if (!published) return unknown(parameter->name, question);
            continue;
        }
        bool& seen = given.at(static_cast<size_t>(known - kParameters.data()));
        if (seen && known->once) return repeated(known->name);
        seen = true;
        SNAPGATE_ASSIGN(const std::string value,
                        base::decode_parameter(known->name, parameter->value));
        if (known->read == nullptr) {
            SNAPGATE_ASSIGN(request.limit, parse_limit(value, FleetRequest::kUsualLimit, most));
        } else {
            SNAPGATE_TRY(known->read(request, value));
        }
        bound.add(*known, value);
    }
    sort_unique(request.filter.vms);
    sort_unique(request.filter.namespaces);
    sort_unique(request.filter.clusters);
    request.query = bound.digest(cluster, question);
    return request;
}

Result<void> check_columns(const FleetRequest& request) {
    if (request.columns.empty() || request.is_flat()) return {};
    return Error(Code::kInvalidParameter,
                 "columns is for flat rows: use it with format=csv, ndjson or rows", "columns");
}

Result<void> check_is_stream(const FleetRequest& request) {
    const auto refuse = [](std::string_view name, std::string_view reason) {
        return Error(Code::kInvalidParameter,
                     fmt::format("a stream of events takes no {}: {}", name, reason),
                     std::string(name));
    };
    if (request.order) return refuse("sort", "it begins in the order of the list");
    if (!request.continue_token.empty())
        return refuse("continue", "it has no pages, and goes on with the header Last-Event-ID");
    if (request.filter.stuck) {
        return refuse("stuck",
                      "a snapshot gets stuck because time passes, and that makes no event: use "
                      "phase=InProgress,Deleting");
    }
    return {};
}

bool asks_for_facts(std::string_view query) {
    base::QueryString parameters(query);
    while (const auto parameter = parameters.next()) {
        const Parameter* known = find_parameter(parameter->name, Question::kList);
        if (known != nullptr && !known->old) return true;
    }
    return false;
}

}  // namespace snapgate::query
