#include "json/request_body.h"

#include <fmt/format.h>

#include "json/limits.h"
#include "json/value_handler.h"

namespace snapgate::json {
namespace {

base::Error invalid(std::string message) {
    return {base::Code::kInvalidBody, std::move(message)};
}

}  // namespace

base::Result<Tolerant> parse_tolerant(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = kMaxLevels;
    Tolerant read;
    boost::json::basic_parser<ValueHandler> parser(options, &read.duplicates);
    boost::json::error_code ec;
    size_t end = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && end < text.size()) ec = boost::json::error::extra_data;
    if (!ec) {
        read.value = parser.handler().release();
        return read;
    }
    if (ec == boost::json::error::too_deep)
        return invalid(fmt::format("the JSON is nested deeper than {} levels", kMaxLevels));
    std::string fault = syntax_fault(text);
    return invalid(fault.empty() ? syntax_words(ec, text, end) : fault);
}

}  // namespace snapgate::json
