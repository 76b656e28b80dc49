#include "model/name_faults.h"

#include <fmt/format.h>

#include "model/name_shapes.h"
#include "model/names.h"

namespace snapgate::model {
namespace {

constexpr std::string_view kSubdomainRule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabelRule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kNameRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kValueRule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

std::string too_long(size_t most) {
    return fmt::format("must be no more than {} characters", most);
}

std::vector<std::string> faults_of(std::string_view text, size_t most, std::string_view rule,
                                   bool good_shape) {
    std::vector<std::string> faults;
    if (text.size() > most) faults.push_back(too_long(most));
    if (!good_shape) faults.emplace_back(rule);
    return faults;
}

}  // namespace

std::vector<std::string> label_faults(std::string_view text) {
    return faults_of(text, kMostLabelBytes, kLabelRule, has_label_shape(text));
}

std::vector<std::string> subdomain_faults(std::string_view text) {
    return faults_of(text, kMostSubdomainBytes, kSubdomainRule, has_subdomain_shape(text));
}

std::vector<std::string> qualified_name_faults(std::string_view text) {
    std::vector<std::string> faults;
    std::string_view name = text;
    if (size_t slash = text.find('/'); slash != std::string_view::npos) {
        std::string_view prefix = text.substr(0, slash);
        name = text.substr(slash + 1);
        if (name.find('/') != std::string_view::npos) {
            faults.push_back(
                fmt::format("a qualified name {} with an optional DNS subdomain prefix and '/' "
                            "(e.g. 'example.com/MyName')",
                            kNameRule));
            return faults;
        }
        if (prefix.empty()) {
            faults.emplace_back("prefix part must be non-empty");
        } else {
            for (const std::string& fault : subdomain_faults(prefix))
                faults.push_back("prefix part " + fault);
        }
    }
    if (name.empty()) {
        faults.emplace_back("name part must be non-empty");
    } else if (name.size() > kMostLabelBytes) {
        faults.push_back("name part " + too_long(kMostLabelBytes));
    }
    if (!has_name_shape(name)) faults.push_back(fmt::format("name part {}", kNameRule));
    return faults;
}

std::vector<std::string> label_value_faults(std::string_view text) {
    return faults_of(text, kMostLabelBytes, kValueRule, text.empty() || has_name_shape(text));
}

}  // namespace snapgate::model
