#include "api/path_pattern.h"

namespace snapgate::api {

bool matches(std::string_view pattern, std::string_view path,
             std::vector<std::string_view>& parameters) {
    parameters.clear();
    while (true) {
        size_t pattern_end = pattern.find('/', 1);
        size_t path_end = path.find('/', 1);
        std::string_view wanted = pattern.substr(0, pattern_end);
        std::string_view given = path.substr(0, path_end);
        if (wanted == "/{}") {
            if (given.size() < 2) return false;
            parameters.push_back(given.substr(1));
        } else if (wanted != given) {
            return false;
        }
        bool last = pattern_end == std::string_view::npos;
        if (last != (path_end == std::string_view::npos)) return false;
        if (last) return true;
        pattern.remove_prefix(pattern_end);
        path.remove_prefix(path_end);
    }
}

}  // namespace snapgate::api
