#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace snapgate::json {

// What the anchors of a YAML document (&name) stand for, as JSON, for its aliases (*name). Used
// while a document is read, by one thread.
//
// What is kept and what aliases add are both bounded: a document of some hundred bytes can
// otherwise stand for gigabytes.
class YamlAnchors {
  public:
    static constexpr size_t kMostBytes = 1 << 20;

    struct Node {
        std::string json;
        bool is_text = false;  // it can be a key
        std::string scalar;    // its text as it stands in the YAML, of a scalar
        size_t levels = 0;     // of collections within each other
    };

    void begin_document() { *this = YamlAnchors(); }

    // A collection with an anchor begins at `begin` of the output, on this level.
    void open(size_t anchor, size_t begin, size_t level) {
        open_.push_back({anchor, begin, level, level});
    }
    // Something reaches down to this level.
    void reach(size_t level) {
        for (Open& one : open_)
            if (level > one.deepest) one.deepest = level;
    }
    // A collection on this level has ended; keeps it if it has an anchor. False if too much is
    // kept.
    bool close(size_t level, const std::string& out) {
        if (open_.empty() || open_.back().level != level) return true;
        const Open one = open_.back();
        open_.pop_back();
        return keep(one.anchor, {out.substr(one.begin), false, {}, one.deepest - one.level});
    }
    // False if too much is kept.
    bool keep(size_t anchor, Node node) {
        kept_ += node.json.size();
        if (kept_ > kMostBytes) return false;
        nodes_.insert_or_assign(anchor, std::move(node));
        return true;
    }

    // Whether the output is still needed from some place on.
    bool is_open() const { return !open_.empty(); }
    // Whether what is open has become too long.
    bool is_too_long(const std::string& out) const {
        return is_open() && out.size() - open_.front().begin > kMostBytes;
    }
    // What an anchor stands for; null within itself.
    const Node* find(size_t anchor) const {
        const auto found = nodes_.find(anchor);
        return found == nodes_.end() ? nullptr : &found->second;
    }
    // Counts what an alias adds; false if aliases have added too much.
    bool add(const Node& node) {
        added_ += node.json.size();
        return added_ <= kMostBytes;
    }

  private:
    struct Open {
        size_t anchor = 0;
        size_t begin = 0;
        size_t level = 0;
        size_t deepest = 0;
    };
    std::vector<Open> open_;
    std::map<size_t, Node> nodes_;
    size_t kept_ = 0;
    size_t added_ = 0;
};

}  // namespace snapgate::json
