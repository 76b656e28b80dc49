#include "model/names.h"

#include "store/keys.h"
#include "store/read_state.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

// Stepping over a version costs a tenth of a seek, but an object may have thousands of versions.
constexpr int kStepsBeforeSeek = 4;

Error bad_place() {
    return {Code::kInvalidParameter,
            "a place in a list has a namespace of at most 128 and a name of at most 255 bytes"};
}

// Walks the objects of a kind. The cursor stands on the row that the walk looks at next, which is
// the row after the found version.
class ObjectScan final : public ScanState {
  public:
    ObjectScan(engine::Cursor cursor, ClusterNumber cluster, Kind kind, Revision at)
        : cursor_(std::move(cursor)), prefix_(object_prefix(cluster, kind)), at_(at) {}

    base::Result<bool> seek(std::string_view ns, std::string_view name) override {
        exhausted = false;
        if (!fits_key(ns, name)) return bad_place();
        Key key = prefix_;
        key.text(ns).byte(0);
        if (!name.empty()) key.text(name).byte(0);
        SNAPGATE_TRY(move_to(key));
        return settle();
    }

    base::Result<bool> next() override {
        exhausted = false;
        SNAPGATE_TRY(leave_object());
        return settle();
    }

  private:
    base::Result<void> move_to(const Key& key) {
        SNAPGATE_ASSIGN(standing_, cursor_.seek(key.view(), prefix_.view()));
        return {};
    }

    base::Result<void> step() {
        SNAPGATE_ASSIGN(standing_, cursor_.next(prefix_.view()));
        return {};
    }

    // Whether the row is another version of the object whose key (without revision) is in object_.
    bool same_object() const {
        return cursor_.key().size() == object_.size() + sizeof(Revision) &&
               cursor_.key().starts_with(object_.view());
    }

    void remember_object() {
        object_.cut(0);
        object_.text(cursor_.key().substr(0, cursor_.key().size() - sizeof(Revision)));
    }

    // Moves past a version of an object, and has the processor fetch the next row. Otherwise a page
    // of large objects waits for memory once for each object.
    base::Result<void> step_ahead() {
        remember_object();
        SNAPGATE_TRY(step());
        if (standing_) cursor_.prefetch();
        return {};
    }

    // After step_ahead: moves past the object's other versions.
    base::Result<void> leave_object() {
        for (int steps = 0; steps < kStepsBeforeSeek; ++steps) {
            if (!standing_ || !same_object()) return {};
            ++looked_at;
            SNAPGATE_TRY(step());
        }
        if (!standing_ || !same_object()) return {};
        // Names hold neither byte 0 nor byte 1. So this key comes after all versions of the object,
        // and before every longer name.
        object_.cut(object_.size() - 1);
        object_.byte(1);
        return move_to(object_);
    }

    // Moves from the newest version of an object to the version that is visible at at_. False if
    // there is none; then the cursor may already stand on another object.
    base::Result<bool> find_visible() {
        ++looked_at;
        if (revision() <= at_) return true;
        remember_object();
        for (int steps = 0; steps < kStepsBeforeSeek; ++steps) {
            // A version that is too new is verified: its revision may be what is damaged.
            SNAPGATE_TRY(cursor_.value());
            SNAPGATE_TRY(step());
            if (!standing_ || !same_object()) return false;
            ++looked_at;
            if (revision() <= at_) return true;
        }
        object_.u64(~at_);
        SNAPGATE_TRY(move_to(object_));
        object_.cut(object_.size() - sizeof(Revision));
        if (!standing_ || !same_object()) return false;
        ++looked_at;
        return true;
    }

    Revision revision() const {
        return ~load_u64(cursor_.key(), cursor_.key().size() - sizeof(Revision));
    }

    // Moves from the newest version of an object to the first object that is visible.
    base::Result<bool> settle() {
        while (standing_) {
            auto address = parse_object_key(cursor_.key());
            if (!address) return corrupt_row("the key of an object");
            if (spent()) {
                standing_ = false;
                return give_up(address->ns, address->name);
            }
            SNAPGATE_ASSIGN(bool visible, find_visible());
            if (!visible) continue;
            SNAPGATE_ASSIGN(const auto value, cursor_.value());
            SNAPGATE_ASSIGN(auto stored, decode_version(value));
            if (stored) {
                address = parse_object_key(cursor_.key());
                found = {address->ns, address->name, address->revision, *stored};
                SNAPGATE_TRY(step_ahead());
                return true;
            }
            SNAPGATE_TRY(step_ahead());
            SNAPGATE_TRY(leave_object());
        }
        return false;
    }

    engine::Cursor cursor_;
    Key prefix_;
    Revision at_;
    Key object_{Table::kObject};
    bool standing_ = false;
};

// Walks the hints of one VM, and looks up the object of each.
class VmScan final : public ScanState {
  public:
    VmScan(engine::Cursor hints, engine::Cursor objects, ClusterNumber cluster, std::string_view vm,
           Revision at)
        : hints_(std::move(hints)),
          objects_(std::move(objects)),
          cluster_(cluster),
          vm_(vm),
          prefix_(index_prefix(cluster, model::vm_hash(vm))),
          at_(at) {}

    base::Result<bool> seek(std::string_view ns, std::string_view name) override {
        exhausted = false;
        if (!fits_key(ns, name)) return bad_place();
        Key key = prefix_;
        key.text(ns).byte(0).text(name);
        SNAPGATE_ASSIGN(standing_, hints_.seek(key.view(), prefix_.view()));
        return settle();
    }

    base::Result<bool> next() override {
        exhausted = false;
        if (!standing_) return false;
        SNAPGATE_ASSIGN(standing_, hints_.next(prefix_.view()));
        return settle();
    }

  private:
    base::Result<bool> settle() {
        while (standing_) {
            auto hint = parse_index_key(hints_.key());
            if (!hint) return corrupt_row("the key of an index row");
            if (spent()) {
                standing_ = false;
                return give_up(hint->ns, hint->name);
            }
            ++looked_at;
            SNAPGATE_TRY(hints_.value());
            SNAPGATE_ASSIGN(auto object, find_version(objects_, cluster_, Kind::kSnapshot, hint->ns,
                                                      hint->name, at_));
            if (object && object->object.vm == vm_) {
                found = *object;
                return true;
            }
            SNAPGATE_ASSIGN(standing_, hints_.next(prefix_.view()));
        }
        return false;
    }

    engine::Cursor hints_;
    engine::Cursor objects_;
    ClusterNumber cluster_;
    std::string vm_;
    Key prefix_;
    Revision at_;
    bool standing_ = false;
};

class FailedScan final : public ScanState {
  public:
    explicit FailedScan(Error error) : error_(std::move(error)) {}
    base::Result<bool> seek(std::string_view, std::string_view) override { return error_; }
    base::Result<bool> next() override { return error_; }

  private:
    Error error_;
};

}  // namespace

std::unique_ptr<ScanState> make_scan(engine::Cursor cursor, ClusterNumber cluster, Kind kind,
                                     Revision at) {
    return std::make_unique<ObjectScan>(std::move(cursor), cluster, kind, at);
}

std::unique_ptr<ScanState> make_vm_scan(engine::Cursor hints, engine::Cursor objects,
                                        ClusterNumber cluster, std::string_view vm, Revision at) {
    return std::make_unique<VmScan>(std::move(hints), std::move(objects), cluster, vm, at);
}

std::unique_ptr<ScanState> make_failed_scan(base::Error error) {
    return std::make_unique<FailedScan>(std::move(error));
}

ReadView::Scan::Scan(std::unique_ptr<ScanState> state) : state_(std::move(state)) {}
ReadView::Scan::~Scan() = default;
ReadView::Scan::Scan(Scan&&) noexcept = default;

base::Result<bool> ReadView::Scan::seek(std::string_view ns, std::string_view name) {
    return state_->seek(ns, name);
}
base::Result<bool> ReadView::Scan::next() {
    return state_->next();
}
const Found& ReadView::Scan::found() const {
    return state_->found;
}
bool ReadView::Scan::exhausted() const {
    return state_->exhausted;
}
model::ObjectKey ReadView::Scan::resume_key() const {
    return state_->resume_key;
}

}  // namespace snapgate::store
