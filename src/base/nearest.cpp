#include "base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace snapgate::base {
namespace {

// Changes of one character, or swaps of two neighbours, from one word to the other.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before(b.size() + 1);
    std::vector<size_t> last(b.size() + 1);
    std::vector<size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), 0);
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& known) {
    std::string best;
    size_t best_distance = 3;  // further away it is another word
    for (const std::string& word : known) {
        if (typed.size() >= 2 && word.starts_with(typed)) return word;
        size_t far = distance(typed, word);
        if (far < best_distance && far < std::max(typed.size(), word.size())) {
            best = word;
            best_distance = far;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& known) {
    const std::string meant = nearest(typed, known);
    return meant.empty() ? meant : fmt::format(": did you mean {}?", meant);
}

std::string unknown_field(std::string_view name, bool shown,
                          const std::vector<std::string>& known) {
    const std::string meant = nearest(name, known);
    return fmt::format("{} is not known here{}; known are: {}",
                       shown || !meant.empty() ? fmt::format("the field \"{}\"", name)
                                               : std::string("one of its fields"),
                       meant.empty() ? meant : fmt::format(" (did you mean {}?)", meant),
                       fmt::join(known, ", "));
}

}  // namespace snapgate::base
