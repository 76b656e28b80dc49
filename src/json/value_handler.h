#pragma once

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "json/value.h"

namespace snapgate::json {

// The words for what its parser found wrong at `at`: those of Boost.JSON, but where it says "syntax
// error" only and there is more to say.
std::string syntax_words(const boost::json::error_code& ec, std::string_view text, size_t at);

// A handler of Boost.JSON's parser that builds a value and notices a key that its object already
// has. Boost.JSON's own handler silently keeps the last one, and two readers that disagree on which
// one counts are a way past a check. This handler refuses such a key, or notes its place, and the
// last one counts.
class ValueHandler {
  public:
    using error_code = boost::json::error_code;
    using string_view = boost::json::string_view;

    static constexpr size_t max_object_size = static_cast<size_t>(-1);
    static constexpr size_t max_array_size = static_cast<size_t>(-1);
    static constexpr size_t max_key_size = static_cast<size_t>(-1);
    static constexpr size_t max_string_size = static_cast<size_t>(-1);

    // Without `noted`, a key given twice is refused.
    explicit ValueHandler(std::vector<std::string>* noted = nullptr) : noted_(noted) {}

    Value release() { return stack_.release(); }
    const std::string& duplicate() const { return duplicate_; }

    bool on_document_begin(error_code&) {
        stack_.reset();
        return true;
    }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        begin().is_array = false;
        return true;
    }
    bool on_object_end(size_t count, error_code&) {
        keys_.resize(open_.back().first_key);
        open_.pop_back();
        stack_.push_object(count);
        return done();
    }
    bool on_array_begin(error_code&) {
        begin().is_array = true;
        return true;
    }
    bool on_array_end(size_t count, error_code&) {
        open_.pop_back();
        stack_.push_array(count);
        return done();
    }
    bool on_key_part(string_view part, size_t, error_code&) {
        key_.append(part.data(), part.size());
        stack_.push_chars(part);
        return true;
    }
    bool on_key(string_view part, size_t, error_code& ec) {
        key_.append(part.data(), part.size());
        stack_.push_key(part);
        const bool fresh = is_new(key_);
        keys_.push_back(std::move(key_));
        key_.clear();
        if (fresh) return true;
        if (noted_ != nullptr) {
            note();
            return true;
        }
        duplicate_ = keys_.back();
        ec = make_error_code(boost::system::errc::invalid_argument);
        return false;
    }
    bool on_string_part(string_view part, size_t, error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(string_view part, size_t, error_code&) {
        stack_.push_string(part);
        return done();
    }
    bool on_number_part(string_view part, error_code&) {
        number_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(int64_t number, string_view, error_code&) {
        number_.clear();
        stack_.push_int64(number);
        return done();
    }
    bool on_uint64(uint64_t number, string_view, error_code&) {
        number_.clear();
        stack_.push_uint64(number);
        return done();
    }
    bool on_double(double number, string_view part, error_code& ec) {
        // Boost.JSON's value may be off by the last bit, so the text is parsed again. If the text
        // is outside the range of numbers, the value stays: infinite, which is refused, or about
        // zero.
        number_.append(part.data(), part.size());
        std::from_chars(number_.data(), number_.data() + number_.size(), number);
        number_.clear();
        if (!std::isfinite(number)) {
            ec = boost::json::error::exponent_overflow;
            return false;
        }
        stack_.push_double(number);
        return done();
    }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return done();
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return done();
    }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

  private:
    // An object or a list that is being read.
    struct Open {
        size_t first_key = 0;        // in keys_, where the object's keys begin
        std::set<std::string> many;  // its keys, if there are more than kFewKeys
        size_t index = 0;            // index of the element that is being read
        bool is_array = false;
    };

    Open& begin() {
        Open& open = open_.emplace_back();
        open.first_key = keys_.size();
        return open;
    }

    // Whether the innermost object has not had the key. Few keys are looked through, because a set
    // costs an allocation for each of them.
    bool is_new(const std::string& key) {
        Open& object = open_.back();
        const auto keys = std::span(keys_).subspan(object.first_key);
        if (keys.size() <= kFewKeys) return std::ranges::find(keys, key) == keys.end();
        if (object.many.empty()) object.many.insert(keys.begin(), keys.end());
        return object.many.insert(key).second;
    }

    // Goes on after a value.
    bool done() {
        if (!open_.empty()) ++open_.back().index;
        return true;
    }

    void note() {
        if (noted_->size() >= kMostNoted) return;
        std::string path;
        for (size_t depth = 0; depth < open_.size(); ++depth) {
            const Open& open = open_[depth];
            if (open.is_array) {
                path += '[' + std::to_string(open.index) + ']';
                continue;
            }
            // The key of the member that is being read: the object's last one.
            const size_t end = depth + 1 < open_.size() ? open_[depth + 1].first_key : keys_.size();
            if (!path.empty()) path += '.';
            path += base::clip(keys_[end - 1], kMostKeyBytes);
        }
        if (std::ranges::find(*noted_, path) == noted_->end()) noted_->push_back(std::move(path));
    }

    static constexpr size_t kFewKeys = 16;
    static constexpr size_t kMostNoted = 100;
    static constexpr size_t kMostKeyBytes = 256;

    std::vector<std::string>* noted_;
    boost::json::value_stack stack_;
    std::vector<Open> open_;
    std::vector<std::string> keys_;  // of the objects in open_, the outermost first
    std::string key_;
    std::string number_;
    std::string duplicate_;
};

}  // namespace snapgate::json
