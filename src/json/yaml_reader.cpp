#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "json/limits.h"
#include "json/yaml.h"
#include "json/yaml_anchors.h"
#include "json/yaml_scalar.h"

namespace snapgate::json {
namespace {

constexpr size_t kFlushBytes = 32 << 10;
constexpr size_t kShownBytes = 80;
constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// Carries an Error out of yaml-cpp, which knows no other way to stop it.
struct Stop {
    base::Error error;
};

[[noreturn]] void refuse(int line, std::string_view what) {
    throw Stop{
        {base::Code::kInvalidBody, fmt::format("the YAML is wrong in line {}: {}", line, what)}};
}

// Hands on text of UTF-8 without control characters, and the mark that ends a document behind it.
// Without a word, yaml-cpp takes byte 4 for the end of the stream, replaces what is no UTF-8, and
// ends a quoted string at the end of the stream.
class CheckedInput : public std::streambuf {
  public:
    explicit CheckedInput(std::istream& in) : in_(in) {}

    const std::string& fault() const { return fault_; }
    // Whether the text that was read so far ends within a line.
    bool ends_in_line() const { return last_ != '\n'; }

  protected:
    int_type underflow() override {
        if (!fault_.empty()) return traits_type::eof();
        // The first bytes of a character that the last block cut in two.
        std::copy(buffer_.data() + good_, buffer_.data() + filled_, buffer_.data());
        filled_ -= good_;
        good_ = 0;
        in_.read(buffer_.data() + filled_, static_cast<std::streamsize>(buffer_.size() - filled_));
        auto got = static_cast<size_t>(in_.gcount());
        filled_ += got;
        if (filled_ == 0) return end_document();
        good_ = got == 0 ? filled_ : whole_characters();
        if (!check({buffer_.data(), good_})) return traits_type::eof();
        if (good_ == 0) return underflow();
        last_ = buffer_[good_ - 1];
        setg(buffer_.data(), buffer_.data(), buffer_.data() + good_);
        return traits_type::to_int_type(buffer_[0]);
    }

  private:
    int_type end_document() {
        if (std::exchange(ended_, true)) return traits_type::eof();
        std::string_view mark = last_ == '\n' ? "...\n" : "\n...\n";
        std::ranges::copy(mark, buffer_.data());
        setg(buffer_.data(), buffer_.data(), buffer_.data() + mark.size());
        return traits_type::to_int_type(buffer_[0]);
    }

    // How many bytes of the buffer come before a character that is not complete yet.
    size_t whole_characters() const {
        size_t from = filled_ - std::min<size_t>(filled_, 3);
        for (size_t at = filled_; at > from; --at) {
            auto byte = static_cast<uint8_t>(buffer_[at - 1]);
            if (byte < 0x80) break;
            if (byte < 0xc0) continue;
            size_t length = byte < 0xe0 ? 2U : byte < 0xf0 ? 3U : 4U;
            return at - 1 + length > filled_ ? at - 1 : filled_;
        }
        return filled_;
    }

    bool check(std::string_view block) {
        auto control = std::ranges::find_if(block, [](char c) {
            auto byte = static_cast<uint8_t>(c);
            return byte < 0x20 && c != '\n' && c != '\r' && c != '\t';
        });
        if (control != block.end()) {
            fault_ = fmt::format(
                "the YAML is wrong in line {}: it has the control character 0x{:02x}",
                line_ + std::count(block.begin(), control, '\n'), static_cast<uint8_t>(*control));
            return false;
        }
        if (!base::is_utf8(block)) {
            fault_ = fmt::format("the YAML is not UTF-8 (in or behind line {})", line_);
            return false;
        }
        line_ += std::ranges::count(block, '\n');
        return true;
    }

    std::istream& in_;
    std::array<char, 64 << 10> buffer_;
    size_t filled_ = 0;  // bytes in the buffer
    size_t good_ = 0;    // of these, handed on
    char last_ = '\n';   // byte handed on
    bool ended_ = false;
    ptrdiff_t line_ = 1;
    std::string fault_;
};

// Follows the top of a document, to see whether it is a list and where its items end.
class ListEnd {
  public:
    void begin() { *this = ListEnd(); }

    void take_key(int line, const std::string& key) {
        key_ = key;
        if (line_ == 0) line_ = line;
        if (!is_list_) return;
        if (key == "apiVersion" || key == "kind" || key == "metadata") {
            ended_ = true;
        } else if (foreign_.empty()) {
            foreign_ = base::quote(key, kShownBytes);
        }
    }
    void take_scalar(const std::string& value) {
        if (key_ == "kind") kind_ = value;
    }
    void take_items(bool flow) {
        if (key_ != "items") return;
        is_list_ = true;
        ended_ = flow;
    }
    // An item, if the document is a list.
    void take_element() { items_ += is_list_ && key_ == "items" ? 1 : 0; }

    // Whether its end has been seen.
    bool closed() const { return is_list_ && ended_; }
    std::optional<std::string> cut() const {
        if (!is_list_) return std::nullopt;
        const std::string where =
            fmt::format("the YAML list of line {} was cut off {}", line_,
                        items_ == 0 ? "before any whole item"
                                    : fmt::format("within or after item {}", items_ - 1));
        if (!foreign_.empty())
            return fmt::format("{}: behind its items stands {}, which no list has", where,
                               foreign_);
        if (!kind_.ends_with("List"))
            return fmt::format(
                "{}: it does not say that it is a list, which kubectl writes behind "
                "the items (kind: List)",
                where);
        return std::nullopt;
    }

  private:
    int line_ = 0;
    std::string key_;  // the newest at the top
    std::string kind_;
    bool is_list_ = false;
    bool ended_ = false;
    std::string foreign_;  // a key that no list has, behind the items
    size_t items_ = 0;
};

// Whether a key may be given twice in a map. To refuse that, the keys of every open map are kept.
enum class DoubledKeys { kTaken, kRefused };

// Writes JSON as the parser reports what it sees.
class JsonWriter : public YAML::EventHandler {
  public:
    JsonWriter(const TextSink& sink, DoubledKeys doubled) : sink_(sink), doubled_(doubled) {}

    const YamlEnd& end() const { return end_; }

    void flush() {
        if (out_.empty()) return;
        auto result = sink_(out_);
        out_.clear();
        if (!result) throw Stop{std::move(result).error()};
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        // At a text that begins no document yaml-cpp finds documents without end.
        if (mark.pos == begin_) refuse(line_of(mark), "this is not where it can stand");
        begin_ = mark.pos;
        empty_ = false;
        anchors_.begin_document();
        list_.begin();
        in_flow_ = false;
    }
    void OnDocumentEnd() override {
        if (empty_) return;
        out_ += '\n';
        ++end_.documents;
        if (!end_.cut) end_.cut = list_.cut();
        // Whether the newest one is open; see convert().
        end_.ends_in_line = !list_.closed() && !in_flow_;
        end_.open = end_.open || end_.ends_in_line;
    }

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (levels_.empty()) {  // nothing between two "---"
            empty_ = true;
            return;
        }
        begin_value(mark, false);
        if (levels_.size() == 1) list_.take_items(false);
        out_ += "null";
        keep(mark, anchor, {"null", false, {}, 0});
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const YamlAnchors::Node* node = anchors_.find(anchor);
        if (node == nullptr) refuse(line_of(mark), "an alias stands within what it stands for");
        if (levels_.size() + node->levels > kMaxLevels) refuse_depth(mark);
        if (!anchors_.add(*node))
            refuse(line_of(mark), fmt::format("its aliases stand for more than {} bytes",
                                              YamlAnchors::kMostBytes));
        begin_value(mark, node->is_text);
        anchors_.reach(levels_.size() + node->levels);
        if (is_key_) check_key(mark, {}, node->scalar);
        out_ += node->json;
        if (levels_.size() == 1) {
            if (is_key_) {
                list_.take_key(line_of(mark), node->scalar);
            } else if (node->levels == 0) {
                list_.take_scalar(node->scalar);
            } else {
                list_.take_items(true);
            }
        }
        end_value();
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        PlainType type = type_of(mark, tag, value);
        begin_value(mark, type == PlainType::kText);
        const size_t begin = out_.size();
        if (type == PlainType::kText) {
            if (is_key_) check_key(mark, tag, value);
            base::append_json_string(value, out_);
        } else {
            std::string json = plain_to_json(value, type);
            if (json.empty())
                refuse(line_of(mark),
                       base::quote(value, kShownBytes) + " is no number that JSON has");
            out_ += json;
        }
        if (anchor != YAML::NullAnchor)
            keep(mark, anchor, {out_.substr(begin), type == PlainType::kText, value, 0});
        if (levels_.size() == 1) {
            if (is_key_) {
                list_.take_key(line_of(mark), value);
            } else {
                list_.take_scalar(value);
            }
        }
        if (anchors_.is_too_long(out_)) refuse_anchor(mark);
        end_value();
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        const bool flow = style == YAML::EmitterStyle::Flow;
        if (levels_.empty()) in_flow_ = flow;
        if (levels_.size() == 1) list_.take_items(flow);
        begin_collection(mark, tag, anchor, "seq", '[', false);
    }
    void OnSequenceEnd() override { end_collection(']'); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        if (levels_.empty()) in_flow_ = style == YAML::EmitterStyle::Flow;
        begin_collection(mark, tag, anchor, "map", '{', true);
    }
    void OnMapEnd() override { end_collection('}'); }

  private:
    struct Level {
        bool is_map = false;
        bool value_next = false;  // of a map: its key has been written
        bool any = false;
        std::set<std::string> keys;
        size_t key_bytes = 0;
    };

    static int line_of(const YAML::Mark& mark) { return mark.line + 1; }

    [[noreturn]] static void refuse_anchor(const YAML::Mark& mark) {
        refuse(line_of(mark), fmt::format("what its anchors stand for is longer than {} bytes",
                                          YamlAnchors::kMostBytes));
    }
    [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
        refuse(line_of(mark), fmt::format("it is nested deeper than {} levels", kMaxLevels));
    }

    void keep(const YAML::Mark& mark, YAML::anchor_t anchor, YamlAnchors::Node node) {
        if (anchor != YAML::NullAnchor && !anchors_.keep(anchor, std::move(node)))
            refuse_anchor(mark);
    }

    // Behind a scalar, a key or an alias.
    void end_value() {
        if (is_key_) out_ += ':';
        if (out_.size() > kFlushBytes && !anchors_.is_open()) flush();
    }

    // What a scalar means: by its tag, else as text if it is quoted, else by what it looks like.
    static PlainType type_of(const YAML::Mark& mark, std::string_view tag, std::string_view value) {
        if (tag == "!") return PlainType::kText;
        PlainType type = plain_type(value);
        if (tag.empty() || tag == "?") return type;
        bool good = false;
        if (tag.starts_with(kCoreTag)) {
            std::string_view name = tag.substr(kCoreTag.size());
            if (name == "str") return PlainType::kText;
            good = (name == "null" && type == PlainType::kNull) ||
                   (name == "bool" && type == PlainType::kBool) ||
                   (name == "int" && type == PlainType::kInteger) ||
                   (name == "float" && (type == PlainType::kFloat || type == PlainType::kInteger));
        }
        if (!good)
            refuse(line_of(mark),
                   fmt::format("{} cannot be read by its tag {}", base::quote(value, kShownBytes),
                               base::quote(tag, kShownBytes)));
        return type;
    }

    // Writes what stands before a value, and counts it.
    void begin_value(const YAML::Mark& mark, bool is_text) {
        is_key_ = false;
        if (levels_.empty()) return;
        Level& level = levels_.back();
        if (levels_.size() == 2 && !level.is_map && levels_.front().is_map) list_.take_element();
        if (level.is_map) {
            is_key_ = !level.value_next;
            level.value_next = !level.value_next;
            if (is_key_ && !is_text) refuse(line_of(mark), "a key is no text; put it in quotes");
        }
        bool comma = level.any && (is_key_ || !level.is_map);
        if (comma) out_ += ',';
        level.any = true;
    }

    void check_key(const YAML::Mark& mark, std::string_view tag, const std::string& key) {
        if (key == "<<" && tag == "?") refuse(line_of(mark), "merge keys (<<) are not taken");
        if (doubled_ == DoubledKeys::kTaken) return;
        Level& map = levels_.back();
        // A map with more than that is too large for every reader of the JSON, and memory is
        // bounded.
        if (map.key_bytes > kMaxObjectBytes) return;
        map.key_bytes += key.size();
        if (map.keys.insert(key).second) return;
        const bool begins_object = levels_.size() == 1 && (key == "apiVersion" || key == "kind");
        refuse(line_of(mark),
               fmt::format("the key {} is there twice{}", base::quote(key, kShownBytes),
                           begins_object ? "; between two documents stands a line with ---" : ""));
    }

    void begin_collection(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor,
                          std::string_view core_tag, char open, bool is_map) {
        bool core = tag.starts_with(kCoreTag) && tag.substr(kCoreTag.size()) == core_tag;
        if (!tag.empty() && tag != "?" && tag != "!" && !core)
            refuse(line_of(mark),
                   fmt::format("the tag {} is not taken", base::quote(tag, kShownBytes)));
        begin_value(mark, false);
        if (levels_.size() == kMaxLevels) refuse_depth(mark);
        if (anchor != YAML::NullAnchor) anchors_.open(anchor, out_.size(), levels_.size());
        if (anchors_.is_too_long(out_)) refuse_anchor(mark);
        out_ += open;
        levels_.push_back({is_map, false, false, {}, 0});
        anchors_.reach(levels_.size());
        line_ = line_of(mark);
    }

    void end_collection(char close) {
        out_ += close;
        levels_.pop_back();
        if (!anchors_.close(levels_.size(), out_))
            refuse(line_, fmt::format("what its anchors stand for is longer than {} bytes",
                                      YamlAnchors::kMostBytes));
    }

    const TextSink& sink_;
    DoubledKeys doubled_;
    YamlEnd end_;
    ListEnd list_;          // of the document
    bool in_flow_ = false;  // the document is in flow style, which has an end
    int begin_ = -1;        // of the newest document
    bool empty_ = false;
    bool is_key_ = false;  // the scalar being written is a key
    int line_ = 0;         // of the collection that began last
    std::vector<Level> levels_;
    YamlAnchors anchors_;
    std::string out_;
};

base::Result<YamlEnd> convert(std::istream& in, const TextSink& sink, DoubledKeys doubled) {
    CheckedInput checked(in);
    auto fault = [&checked](const std::string& message) -> base::Error {
        return {base::Code::kInvalidBody, checked.fault().empty() ? message : checked.fault()};
    };
    try {
        std::istream stream(&checked);
        YAML::Parser parser(stream);
        JsonWriter writer(sink, doubled);
        while (parser.HandleNextDocument(writer)) {
        }
        if (!checked.fault().empty()) return fault({});
        writer.flush();
        YamlEnd end = writer.end();
        end.ends_in_line = end.ends_in_line && checked.ends_in_line();
        return end;
    } catch (const Stop& stop) {
        return stop.error;
    } catch (const YAML::Exception& error) {
        return fault(
            fmt::format("the YAML is wrong in line {}: {}", error.mark.line + 1, error.msg));
    }
}

base::Result<std::string> convert_one(std::string_view text, DoubledKeys doubled) {
    std::istringstream in{std::string(text)};
    std::string json;
    const auto gather = [&json](std::string_view part) {
        json += part;
        return base::Result<void>();
    };
    SNAPGATE_ASSIGN(const YamlEnd end, convert(in, gather, doubled));
    if (end.documents == 0) return std::string("null");
    if (end.documents == 1) return json;
    return base::Error{
        base::Code::kInvalidBody,
        fmt::format("the YAML has {} documents; one document is taken", end.documents)};
}

}  // namespace

base::Result<YamlEnd> yaml_to_json(std::istream& in, const TextSink& sink) {
    return convert(in, sink, DoubledKeys::kRefused);
}

base::Result<std::string> yaml_document_to_json(std::string_view text) {
    return convert_one(text, DoubledKeys::kTaken);
}

base::Result<Value> parse_yaml(std::string_view text) {
    SNAPGATE_ASSIGN(const std::string json, convert_one(text, DoubledKeys::kRefused));
    return parse(json);
}

}  // namespace snapgate::json
