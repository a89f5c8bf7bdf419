#include "golden.hpp"

#include <ebb/autograd/xtensor.hpp>
#include <fstream>

namespace ebb_test {

namespace {

/// Hands out the numbers of a file in their order.
class Reader {
 public:
  explicit Reader(ebb::Array<double> numbers) : numbers_(std::move(numbers)) {}

  ebb::Array<double> next(const ebb::Shape& shape) {
    const auto size = ebb::to_size(shape.size());
    const ebb::Array<double> x(shape, numbers_.values().subspan(at_, size));
    at_ += size;
    return x;
  }
  std::vector<ebb::Array<double>> next(const std::vector<ebb::Shape>& shapes) {
    std::vector<ebb::Array<double>> all;
    for (const ebb::Shape& shape : shapes) all.push_back(next(shape));
    return all;
  }
  bool at_end() const { return at_ == numbers_.values().size(); }

 private:
  ebb::Array<double> numbers_;
  std::size_t at_ = 0;
};

ebb::Array<double> to_double(const ebb::Array<float>& x) {
  return {x.shape(), std::vector<double>(x.values().begin(), x.values().end())};
}

ebb::Shape shape_of(const nlohmann::json& extents) { return ebb::Shape(extents.get<std::vector<ebb::Index>>()); }

Case read_case(const nlohmann::json& json, Reader& given, Reader& expected) {
  Case c{json.at("name"), json.at("attributes"), json.at("differentiable"), {}, {}, {}, {}, {}};
  std::vector<ebb::Shape> inputs;
  for (const auto& extents : json.at("inputs")) inputs.push_back(shape_of(extents));
  const ebb::Shape output = shape_of(json.at("output"));

  std::vector<ebb::Shape> results{output};
  c.inputs = given.next(inputs);
  if (c.differentiable) {
    c.cotangent = given.next(output);
    c.directions = given.next(inputs);
    for (int order = 1; order <= 2; ++order) results.insert(results.end(), inputs.begin(), inputs.end());
    results.push_back(output);
  }
  c.sizes = given.next(results);
  c.expected = expected.next(results);
  return c;
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const auto& family : nlohmann::json::parse(std::ifstream(golden_file("cases.json")))) {
    const std::string name = family.at("name");
    Reader given(to_double(ebb::load_npy<float>(golden_file(name + ".given.npy"))));
    Reader expected(ebb::load_npy<double>(golden_file(name + ".expected.npy")));
    for (const auto& json : family.at("cases")) cases.push_back(read_case(json, given, expected));
    if (!given.at_end() || !expected.at_end())
      throw ebb::Error("more numbers than cases in the golden files of " + name);
  }
  return cases;
}

}  // namespace

const std::vector<Case>& golden_cases() {
  static const std::vector<Case> cases = read_cases();
  return cases;
}

std::string golden_file(const std::string& name) { return EBB_GOLDEN "/" + name; }

}  // namespace ebb_test
