#include "import/import_check.h"

#include <fmt/format.h>

#include <utility>

#include "base/crypto.h"
#include "base/error_text.h"
#include "import/implied_kind.h"
#include "json/object.h"
#include "json/splitter.h"
#include "rules/import_rules.h"

namespace snapgate::cli {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

// Checks the objects of one input, and adds what it finds to the report.
class InputCheck {
  public:
    InputCheck(const ImportInput& input, CheckReport& report) : input_(input), report_(report) {}

    base::Result<void> add(std::string_view item) {
        size_t number = items_++;
        auto prepared = rules::prepare_dumped(item, identity_);
        if (prepared) return {};
        if (lacks_kind(item)) {
            prepared = rules::prepare_dumped(with_kind(item), identity_);
            if (prepared) {
                // The list may state the kind of its items; that is only known at the end of the
                // list.
                if (implied_++ == 0) first_implied_ = {number, json::best_effort_name(item)};
                return {};
            }
        }
        note(number, json::best_effort_name(item), base::text_with_causes(prepared.error()));
        return {};
    }

    base::Result<void> pass_over(std::string_view beginning) {
        note(items_++, json::best_effort_name(beginning), rules::too_large_in_dump(beginning));
        return {};
    }

    void finish(std::string_view envelope) {
        const bool implied = implied_ > 0 && implies_snapshots(envelope);
        if (implied_ > 0 && !implied) {
            note(first_implied_.first, first_implied_.second,
                 "it has neither kind nor apiVersion, and no VirtualMachineSnapshotList around it "
                 "says what it is");
            report_.fault_count += implied_ - 1;
        }
        report_.items.push_back(items_);
        report_.implied_kind.push_back(implied);
        report_.total += items_;
    }

    size_t items() const { return items_; }

  private:
    void note(size_t number, std::string name, std::string message) {
        if (report_.fault_count++ < kShownFaults)
            report_.faults.push_back({input_.name(), number, std::move(name), std::move(message)});
    }

    // In place of the values that the server fills in; a check stores nothing.
    const json::Identity identity_{base::random_uuid(), "2026-01-01T00:00:00Z", 1};
    const ImportInput& input_;
    CheckReport& report_;
    size_t items_ = 0;
    size_t implied_ = 0;  // objects that leave their kind to their list
    std::pair<size_t, std::string> first_implied_;
};

}  // namespace

std::string describe(const Fault& fault) {
    return fmt::format("{}: item {}{}: {}", fault.file, fault.item,
                       fault.name.empty() ? "" : fmt::format(" ({})", fault.name), fault.message);
}

Outcome<CheckReport> check_inputs(const std::vector<ImportInput>& inputs,
                                  const Advanced& advanced) {
    CheckReport report;
    std::string room(kPieceBytes, '\0');
    uint64_t bytes_before = 0;
    for (const ImportInput& input : inputs) {
        InputCheck check(input, report);
        json::ItemSplitter splitter([&](std::string_view item) { return check.add(item); });
        splitter.pass_over_too_large(
            [&](std::string_view beginning) { return check.pass_over(beginning); });
        report.end.follow(splitter);
        const size_t values_before = report.end.values();
        uint64_t offset = 0;
        while (true) {
            SNAPGATE_ASSIGN(std::string_view piece, input.read(offset, room));
            auto fed = piece.empty() ? splitter.finish() : splitter.feed(piece);
            if (!fed)
                return Failure(Exit::kRefused, fmt::format("{}: {}; nothing was stored",
                                                           input.name(), fed.error().message));
            if (piece.empty()) break;
            offset += piece.size();
            if (advanced) advanced(bytes_before + offset, report.total + check.items());
        }
        if (report.end.values() == values_before)
            return Failure(
                Exit::kRefused,
                fmt::format("{} holds no objects, not even an empty list: the command that should "
                            "have written it may have failed; nothing was stored",
                            input.name()));
        report.end.end_stream(splitter.items());
        if (input.open_ended()) report.end.note_open();
        bytes_before += input.bytes();
        check.finish(splitter.envelope());
    }
    return report;
}

}  // namespace snapgate::cli
