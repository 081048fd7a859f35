// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/quantity_units.hpp"
#include "core/schema.hpp"

namespace tiercut {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* name_pattern = "^[A-Za-z0-9_./\\[\\]-]+$";
constexpr const char* number_pattern = "[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?";

Json schema_of(const Shape& shape);

Json with_meaning(Json schema, const std::string& meaning) {
  if (!meaning.empty()) schema["description"] = meaning;
  return schema;
}

// JSON has no infinity, so an open range simply has no bound.
void add_range(Json& schema, const Shape& shape) {
  if (std::isfinite(shape.least)) schema[shape.is_least_excluded ? "exclusiveMinimum" : "minimum"] = shape.least;
  if (std::isfinite(shape.most)) schema["maximum"] = shape.most;
}

bool is_zero_in_range(const Shape& shape) {
  return (shape.is_least_excluded ? shape.least < 0 : shape.least <= 0) && shape.most >= 0;
}

Json quantity_schema(const Shape& shape) {
  std::string units;
  for (const std::string& unit : unit_names(shape.dimension, Spelling::every))
    units += (units.empty() ? "" : "|") + unit;
  Json choices = Json::array();
  choices.push_back(
      {{"type", "string"},
       {"pattern", std::string("^").append(number_pattern).append("[ \\t]*(").append(units).append(")$")}});
  if (shape.dimension == Dimension::ratio) {
    Json bare = {{"type", "number"}};
    add_range(bare, shape);
    choices.push_back(bare);
  } else if (is_zero_in_range(shape)) {
    choices.push_back({{"const", 0}});
  }
  if (!shape.words.empty()) choices.push_back({{"enum", shape.words}});
  return {{"description", std::string(dimension_name(shape.dimension)) + ", as " + example_quantity(shape.dimension)},
          {"anyOf", choices}};
}

void add_fields(Json& schema, const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    schema["properties"][field.key] = with_meaning(schema_of(*field.shape), field.meaning);
    if (field.is_required) schema["required"].push_back(field.key);
  }
}

Json record_schema(const std::vector<Field>& fields) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}};
  add_fields(schema, fields);
  schema["additionalProperties"] = false;
  return schema;
}

Json tagged_schema(const Shape& shape) {
  Json variants = Json::array();
  for (const auto& [word, own] : shape.variants) {
    Json schema = {
        {"type", "object"}, {"properties", {{shape.tag, {{"const", word}}}}}, {"required", Json::array({shape.tag})}};
    add_fields(schema, shape.fields);
    add_fields(schema, own);
    schema["additionalProperties"] = false;
    variants.push_back(std::move(schema));
  }
  return {{"oneOf", variants}};
}

Json plain_schema(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::any:
      return Json::object();
    case Shape::Kind::text:  // a plain `12` is a text to us and a number to an editor
      return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
    case Shape::Kind::word:
      if (shape.words.size() == 1) return {{"const", shape.words.front()}};
      return {{"enum", shape.words}};
    case Shape::Kind::boolean:
      return {{"type", "boolean"}};
    case Shape::Kind::integer:
    case Shape::Kind::number: {
      Json schema = {{"type", shape.kind == Shape::Kind::integer ? "integer" : "number"}};
      add_range(schema, shape);
      return schema;
    }
    case Shape::Kind::quantity:
      return quantity_schema(shape);
    case Shape::Kind::list: {
      Json schema = {{"type", "array"}, {"items", schema_of(*shape.element)}};
      if (shape.least_items > 0) schema["minItems"] = shape.least_items;
      return schema;
    }
    case Shape::Kind::map: {
      Json schema = {{"type", "object"},
                     {"propertyNames", {{"pattern", name_pattern}}},
                     {"additionalProperties", schema_of(*shape.element)}};
      if (shape.least_items > 0) schema["minProperties"] = shape.least_items;
      return schema;
    }
    case Shape::Kind::record:
      return record_schema(shape.fields);
    case Shape::Kind::tagged:
      return tagged_schema(shape);
    case Shape::Kind::either: {
      Json choices = Json::array();
      for (const ShapePointer& alternative : shape.alternatives) choices.push_back(schema_of(*alternative));
      return {{"anyOf", choices}};
    }
  }
  return Json::object();
}

Json schema_of(const Shape& shape) { return with_meaning(plain_schema(shape), shape.meaning); }

}  // namespace

std::string json_schema(const Format& format) {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", format.title}};
  schema.update(record_schema(format.root->fields));
  return schema.dump(2) + '\n';
}

}  // namespace tiercut
