#pragma once

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mirror/object_sink.h"
#include "net/event_loop.h"

namespace snapgate::mirror {

// A sink that keeps nothing but what it was told: one line a call.
class RecordingSink final : public ObjectSink {
  public:
    std::vector<std::string> calls;
    std::optional<base::Error> error;  // of every call from now on

    base::Result<std::string> version() const override { return std::string("100"); }
    net::Awaitable<base::Result<void>> apply(std::vector<Change> changes) override {
        co_return note("apply " + std::to_string(changes.size()));
    }
    net::Awaitable<base::Result<void>> begin_replacement() override { co_return note("begin"); }
    net::Awaitable<base::Result<void>> add(std::vector<model::PreparedObject> objects) override {
        std::string call = "add";
        for (const model::PreparedObject& object : objects) call += " " + object.name;
        co_return note(std::move(call));
    }
    net::Awaitable<base::Result<Replaced>> publish(std::string version,
                                                   ToldVersions /*told*/) override {
        calls.push_back("publish " + version);
        if (error) co_return *error;
        co_return Replaced{.version = std::move(version)};
    }
    net::Awaitable<base::Result<Checksum>> checksum(std::string /*version*/) const override {
        if (error) co_return *error;
        co_return Checksum{};
    }

  private:
    base::Result<void> note(std::string call) {
        calls.push_back(std::move(call));
        if (error) return *error;
        return {};
    }
};

// Runs a call on the loop, and waits for it.
template <class T>
T run_on(net::EventLoop& loop, net::Awaitable<T> call) {
    std::promise<T> outcome;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the loop keeps it
    loop.start([&]() -> net::Awaitable<void> { outcome.set_value(co_await std::move(call)); });
    return outcome.get_future().get();
}

}  // namespace snapgate::mirror
