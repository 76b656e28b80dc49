#include "json/yaml_lines.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <vector>

namespace snapgate::json {
namespace {

constexpr size_t kLevels = 3;  // a member of an element of a list at the top
constexpr size_t kMaxKeyBytes = 64;

class LineNotes : public YAML::EventHandler {
  public:
    std::map<std::string, size_t> take() { return std::move(lines_); }

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { scalar(mark, {}); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { scalar(mark, {}); }
    void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  const std::string& value) override {
        scalar(mark, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                         YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
        begin(mark, false);
    }
    void OnSequenceEnd() override { levels_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override {
        begin(mark, true);
    }
    void OnMapEnd() override { levels_.pop_back(); }

  private:
    struct Level {
        bool is_map = false;
        bool value_next = false;  // of a map
        size_t index = 0;         // of a list: of the next element
        std::string place;
        std::string member;  // the place of the newest member or element
        bool known = true;   // whether places within it are noted
    };

    static size_t line_at(const YAML::Mark& mark) { return static_cast<size_t>(mark.line) + 1; }

    void scalar(const YAML::Mark& mark, const std::string& value) {
        if (levels_.empty()) return;
        Level& level = levels_.back();
        if (level.is_map && !level.value_next) {
            level.value_next = true;
            const bool noted =
                level.known && levels_.size() <= kLevels && value.size() <= kMaxKeyBytes;
            level.member = !noted                ? std::string()
                           : level.place.empty() ? value
                                                 : fmt::format("{}.{}", level.place, value);
            note(level.member, mark);
            return;
        }
        enter(mark);
    }

    // A value begins. Of a list this is an element; of a map its key was noted.
    void enter(const YAML::Mark& mark) {
        Level& level = levels_.back();
        if (level.is_map) {
            level.value_next = false;
            return;
        }
        const bool noted = level.known && levels_.size() <= kLevels && !level.place.empty();
        level.member = noted ? fmt::format("{}[{}]", level.place, level.index) : std::string();
        ++level.index;
        note(level.member, mark);
    }

    void note(const std::string& place, const YAML::Mark& mark) {
        if (!place.empty()) lines_.emplace(place, line_at(mark));
    }

    void begin(const YAML::Mark& mark, bool is_map) {
        Level next;
        next.is_map = is_map;
        if (!levels_.empty()) {
            enter(mark);
            next.place = levels_.back().member;
            next.known = !next.place.empty();
        }
        levels_.push_back(std::move(next));
    }

    std::vector<Level> levels_;
    std::map<std::string, size_t> lines_;
};

}  // namespace

std::map<std::string, size_t> yaml_lines(std::string_view text) {
    LineNotes notes;
    std::istringstream in{std::string(text)};
    try {
        YAML::Parser parser(in);
        parser.HandleNextDocument(notes);
    } catch (const YAML::Exception&) {
        // parse_yaml() says what is wrong with the text.
    }
    return notes.take();
}

size_t line_of(const std::map<std::string, size_t>& lines, std::string_view place) {
    while (!place.empty()) {
        if (const auto found = lines.find(std::string(place)); found != lines.end())
            return found->second;
        const size_t end = place.find_last_of(".[");
        place = end == std::string_view::npos ? std::string_view() : place.substr(0, end);
    }
    return 0;
}

}  // namespace snapgate::json
