#include "identity/declared_issuer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/duration.h"
#include "base/nearest.h"
#include "identity/key_url.h"
#include "model/names.h"

namespace snapgate::identity {
namespace {

using base::Code;
using base::Error;
using base::Millis;
using base::Result;

constexpr size_t kMostText = 1024;
constexpr size_t kMostElements = 1000;
constexpr size_t kMostClaimLevels = 8;
constexpr Millis kMostSkew = std::chrono::minutes(5);
constexpr Millis kLeastRefresh = std::chrono::seconds(1);

// A member with its place in the file, for messages.
struct Member {
    const json::Value* value = nullptr;  // null: it is not there
    std::string place;

    Error wrong(std::string_view what) const {
        return {Code::kInvalidParameter, std::string(what), place};
    }
};

// A mapping of the file, member by member.
class Mapping {
  public:
    static Result<Mapping> of(const json::Value& value, std::string place,
                              std::initializer_list<std::string_view> known) {
        Mapping mapping;
        mapping.place_ = std::move(place);
        mapping.object_ = value.if_object();
        if (mapping.object_ == nullptr) return mapping.wrong("must be a mapping");
        for (const auto& member : *mapping.object_) {
            if (std::ranges::find(known, std::string_view(member.key())) == known.end()) {
                return mapping.wrong(
                    base::unknown_field(member.key(), false, {known.begin(), known.end()}));
            }
        }
        return mapping;
    }

    Member operator[](std::string_view name) const {
        const json::Value* value = object_->if_contains(name);
        if (value != nullptr && value->is_null()) value = nullptr;
        return {value, fmt::format("{}.{}", place_, name)};
    }
    bool has(std::string_view name) const { return (*this)[name].value != nullptr; }

    // "" if it is not there.
    Result<std::string> text(std::string_view name) const {
        const Member member = (*this)[name];
        if (member.value == nullptr) return std::string();
        if (!is_text(*member.value)) return member.wrong(kTextRule);
        return std::string(member.value->get_string());
    }
    Result<std::string> needed_text(std::string_view name) const {
        if (!has(name)) return wrong(fmt::format("must have the field {}", name));
        return text(name);
    }
    // None if it is not there; a single text is a list of one.
    Result<std::vector<std::string>> texts(std::string_view name) const {
        const Member member = (*this)[name];
        std::vector<std::string> out;
        if (member.value == nullptr) return out;
        if (is_text(*member.value)) {
            out.emplace_back(std::string_view(member.value->get_string()));
            return out;
        }
        const json::Array* list = member.value->if_array();
        if (list == nullptr || list->empty() || list->size() > kMostElements ||
            !std::ranges::all_of(*list, is_text)) {
            return member.wrong(
                fmt::format("must be a text or a list of 1 to {} texts", kMostElements));
        }
        for (const json::Value& one : *list) out.emplace_back(std::string_view(one.get_string()));
        return out;
    }
    Result<std::vector<std::string>> needed_texts(std::string_view name) const {
        if (!has(name)) return wrong(fmt::format("must have the field {}", name));
        return texts(name);
    }
    Result<void> read_duration(std::string_view name, Millis least, Millis most,
                               Millis& into) const {
        const Member member = (*this)[name];
        if (member.value == nullptr) return {};
        const auto duration = member.value->is_string()
                                  ? base::parse_duration(member.value->get_string())
                                  : Result<Millis>(member.wrong({}));
        if (!duration || *duration < least || *duration > most) {
            return member.wrong(fmt::format("must be a duration from {} to {}, as in 10m",
                                            base::format_duration(least),
                                            base::format_duration(most)));
        }
        into = *duration;
        return {};
    }
    Error wrong(std::string_view what) const {
        return {Code::kInvalidParameter, std::string(what), place_};
    }

  private:
    static constexpr std::string_view kTextRule = "must be a text of 1 to 1024 bytes";

    static bool is_text(const json::Value& value) {
        return value.is_string() && !value.get_string().empty() &&
               value.get_string().size() <= kMostText;
    }

    const json::Object* object_ = nullptr;
    std::string place_;
};

Result<Rule> read_rule(const json::Value& value, std::string place) {
    SNAPGATE_ASSIGN(const Mapping mapping,
                    Mapping::of(value, std::move(place),
                                {"claim", "values", "role", "projects", "tenant", "clusters"}));
    Rule rule;
    SNAPGATE_ASSIGN(rule.claim, mapping.needed_texts("claim"));
    if (rule.claim.size() > kMostClaimLevels) {
        return mapping["claim"].wrong(
            fmt::format("must name at most {} members, one in the other", kMostClaimLevels));
    }
    SNAPGATE_ASSIGN(rule.values, mapping.needed_texts("values"));
    SNAPGATE_ASSIGN(const std::string role, mapping.needed_text("role"));
    const auto parsed = access::parse_role(role);
    if (!parsed) return mapping["role"].wrong("must be reader, editor or admin");
    rule.role = *parsed;
    SNAPGATE_ASSIGN(rule.projects, mapping.texts("projects"));
    SNAPGATE_ASSIGN(rule.clusters, mapping.texts("clusters"));
    if (const Member tenant = mapping["tenant"]; tenant.value != nullptr) {
        if (!tenant.value->is_bool()) return tenant.wrong("must be true or false");
        rule.tenant = tenant.value->get_bool();
    }
    if (rule.tenant != rule.projects.empty())
        return mapping.wrong("must have either projects or tenant: true");
    if (!rule.clusters.empty()) {
        if (rule.projects.size() != 1)
            return mapping["clusters"].wrong("go with one project, whose clusters they are");
        if (rule.role == access::Role::kAdmin)
            return mapping["clusters"].wrong(
                "go with a reader or an editor: an admin administers "
                "a whole project");
    }
    return rule;
}

Result<std::vector<Rule>> read_rules(const Member& member) {
    const json::Array* list = member.value == nullptr ? nullptr : member.value->if_array();
    if (list == nullptr || list->empty() || list->size() > kMostElements)
        return member.wrong(fmt::format("must be a list of 1 to {} rules", kMostElements));
    std::vector<Rule> rules;
    for (const json::Value& one : *list) {
        SNAPGATE_ASSIGN(Rule rule,
                        read_rule(one, fmt::format("{}[{}]", member.place, rules.size())));
        rules.push_back(std::move(rule));
    }
    return rules;
}

Result<void> read_keys(const Mapping& mapping, const std::filesystem::path& folder,
                       DeclaredIssuer& issuer) {
    SNAPGATE_ASSIGN(const std::string file, mapping.text("jwks-file"));
    SNAPGATE_ASSIGN(issuer.jwks_url, mapping.text("jwks-url"));
    SNAPGATE_ASSIGN(const std::string ca, mapping.text("ca-file"));
    SNAPGATE_ASSIGN(const std::string token, mapping.text("token-file"));
    if (!file.empty()) {
        if (!issuer.jwks_url.empty())
            return mapping.wrong("jwks-file and jwks-url exclude each other: give one");
        for (std::string_view other : {"ca-file", "token-file"}) {
            if (mapping.has(other))
                return mapping[other].wrong("goes with keys that are fetched, not with jwks-file");
        }
        issuer.jwks_file = folder / file;
        return {};
    }
    if (!issuer.jwks_url.empty() && !read_key_url(issuer.jwks_url))
        return mapping["jwks-url"].wrong("must be an address of the form https://...");
    if (issuer.jwks_url.empty() && !discovery_url(issuer.issuer)) {
        return mapping["issuer"].wrong(
            "must be an address of the form https://..., where its keys can be asked for: or name "
            "them with jwks-file or jwks-url");
    }
    if (!ca.empty()) issuer.ca_file = folder / ca;
    if (!token.empty()) issuer.token_file = folder / token;
    return {};
}

Result<DeclaredIssuer> read_issuer(const json::Value& value, const std::string& place,
                                   const std::filesystem::path& folder) {
    SNAPGATE_ASSIGN(const Mapping mapping,
                    Mapping::of(value, place,
                                {"name", "issuer", "audiences", "jwks-file", "jwks-url", "ca-file",
                                 "token-file", "username-claim", "clock-skew", "refresh",
                                 "keys-max-age", "rules"}));
    DeclaredIssuer issuer;
    SNAPGATE_ASSIGN(issuer.name, mapping.needed_text("name"));
    if (!model::is_dns_label(issuer.name)) {
        return mapping["name"].wrong(
            "must be 1 to 63 of a-z, 0-9 and '-', with a letter or a digit at both ends");
    }
    SNAPGATE_ASSIGN(issuer.issuer, mapping.needed_text("issuer"));
    SNAPGATE_ASSIGN(issuer.audiences, mapping.needed_texts("audiences"));
    SNAPGATE_TRY(read_keys(mapping, folder, issuer));
    if (mapping.has("username-claim")) {
        SNAPGATE_ASSIGN(issuer.username_claim, mapping.text("username-claim"));
    }
    SNAPGATE_TRY(mapping.read_duration("clock-skew", Millis(0), kMostSkew, issuer.clock_skew));
    SNAPGATE_TRY(
        mapping.read_duration("refresh", kLeastRefresh, std::chrono::hours(24), issuer.refresh));
    SNAPGATE_TRY(mapping.read_duration("keys-max-age", kLeastRefresh, std::chrono::hours(24 * 30),
                                       issuer.keys_max_age));
    SNAPGATE_ASSIGN(issuer.rules, read_rules(mapping["rules"]));
    return issuer;
}

}  // namespace

Result<std::vector<DeclaredIssuer>> read_issuers(const json::Value& value,
                                                 const std::filesystem::path& folder) {
    std::vector<DeclaredIssuer> issuers;
    if (value.is_null()) return issuers;
    const Member all{&value, "issuers"};
    const json::Array* list = value.if_array();
    if (list == nullptr || list->size() > kMostIssuers)
        return all.wrong(fmt::format("must be a list of at most {}", kMostIssuers));
    std::set<std::string, std::less<>> names;
    for (const json::Value& one : *list) {
        const std::string place = fmt::format("issuers[{}]", issuers.size());
        SNAPGATE_ASSIGN(DeclaredIssuer issuer, read_issuer(one, place, folder));
        if (!names.insert(issuer.name).second) {
            return Error(Code::kInvalidParameter, "another issuer has this name",
                         fmt::format("{}.name", place));
        }
        issuers.push_back(std::move(issuer));
    }
    return issuers;
}

}  // namespace snapgate::identity
