// What save and load do where memory runs out, and how much they take.
#include <filesystem>

#include "support/allocations.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using ebb::nn::ParameterList;

namespace {

ParameterList<float> list(int count) {
  ParameterList<float> parameters;
  for (int i = 0; i < count; ++i)
    parameters.add(Parameter<float>(Array<float>({2}, static_cast<float>(i)), "layers." + std::to_string(i) + ".bias"));
  return parameters;
}

struct State {
  std::vector<double> losses{1, 2, 3};
  std::string text = "a text that is longer than a string holds in place";
  Array<double> array{{2}, {3, 4}};
  void visit_state(auto& field) { field("losses", losses), field("text", text), field("array", array); }
};

}  // namespace

TEST_CASE("wherever memory runs out, save fails and leaves what was there") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  write_text(path, "before");
  const auto parameters = list(5);
  CHECK(failures_before_success([&] { save(path, parameters); }, [&] { CHECK(text_of(path) == "before"); }) > 20);
  CHECK(folder.names() == std::set<std::string>{"model.safetensors"});
  CHECK_NOTHROW(load(path, parameters));
}

TEST_CASE("wherever memory runs out, load fails and sets no parameter") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  save(path, list(5));
  auto into = list(5);
  for (Parameter<float>& parameter : into) parameter.set_value(Array<float>({2}, -1));
  const long failures = failures_before_success([&] { load(path, into); },
                                                [&] {
                                                  ebb::trim_memory();
                                                  for (const Parameter<float>& parameter : into)
                                                    REQUIRE(parameter.value().at({0}) == -1);
                                                });
  CHECK(failures > 40);
  CHECK(into[4].value().at({1}) == 4);
}

TEST_CASE("wherever memory runs out, saving or loading a training changes nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  write_text(path, "before");
  State values, other{{}, "", {}};
  const auto parameters = list(3);
  auto into = list(3);
  into[1].set_trainable(false);
  for (Parameter<float>& parameter : into) parameter.set_value(Array<float>({2}, -1));
  nn::Adam<> optimizer(parameters), other_optimizer(into);
  nn::TrainingState saved, loaded;
  saved.add("values", values), saved.add("model", parameters), saved.add("optimizer", optimizer);
  loaded.add("values", other), loaded.add("model", into), loaded.add("optimizer", other_optimizer);
  CHECK(failures_before_success([&] { save(path, saved); }, [&] { CHECK(text_of(path) == "before"); }) > 40);
  const long failures = failures_before_success([&] { load(path, loaded); },
                                                [&] {
                                                  ebb::trim_memory();
                                                  REQUIRE(other.losses.empty());
                                                  REQUIRE(other.text.empty());
                                                  REQUIRE_FALSE(other.array.defined());
                                                  REQUIRE(into[2].value().at({0}) == -1);
                                                  REQUIRE_FALSE(into[1].trainable());
                                                });
  CHECK(failures > 80);
  CHECK(other.losses == values.losses);
  CHECK(into[2].value().at({0}) == 2);
  CHECK(into[1].trainable());
}

TEST_CASE("the header of a file takes a few times its size in memory, whatever it holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  const auto peak_with_header = [&](const std::string& header) {
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 0xff);
    write_text(path, text + header);
    const ParameterList<float> none;
    const long peak = peak_of([&] { CHECK_THROWS_AS(load(path, none), ebb::Error); });
    return static_cast<double>(peak) / static_cast<double>(header.size());
  };
  std::string entries, ones = "1", names = R"("x":"")";
  for (int i = 0; i < 40'000; ++i) {
    entries += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"F32","shape":[],"data_offsets":[0,0]})";
    ones += ",1";
    names += ",\"" + std::to_string(i) + "\":\"\"";
  }
  CHECK(peak_with_header("{" + entries + "}") < 8);
  CHECK(peak_with_header(R"({"a":{"shape":[)" + ones + R"(],"dtype":"F32","data_offsets":[0,0]}})") < 8);
  CHECK(peak_with_header(R"({"__metadata__":{)" + names + R"(},"a":{}})") < 12);  // kept: metadata()
  CHECK(peak_with_header("{\"" + ones + R"(":{"dtype":"F32","shape":[],"data_offsets":[0,0]}})") < 8);
}

TEST_CASE("a message about a file is short, whatever the file holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors", name(100'000, 'n');
  std::string ones = "1";
  for (int i = 0; i < 100'000; ++i) ones += ",1";
  for (const std::string& header :
       {R"({"a":{"dtype":"F32","shape":[)" + ones + R"(],"data_offsets":[0,0]}})",
        R"({"a":{"dtype":"F32","shape":[],"data_offsets":[)" + ones + "]}}", "{\"" + name + "\":1}",
        R"({"a":{"dtype":")" + name + R"(","shape":[2],"data_offsets":[0,0]}})"}) {
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 0xff);
    write_text(path, text + header);
    const ParameterList<float> one = list(1);
    CHECK(error_of([&] { load(path, one); }).size() < 1000);
  }
}
