// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "core/units.hpp"

/// The shape of a file format, written down once: it checks documents, answers did-you-mean, and prints the JSON
/// Schema (draft-07) that editors use. A reader first calls `check`; when that reports no error every required key
/// is there with a value of its type, so the typed getters below cannot fail.
namespace tiercut {

/// What a quantity measures. A bare number is an error where a unit is due, except 0.
enum class Dimension {
  time,       // s, ms, us, ns, min, h
  size,       // B, kB, MB, GB, TB, KiB, MiB, GiB; bit
  bandwidth,  // bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s, GB/s; or the word `unlimited`
  compute,    // FLOP/s, kFLOP/s, MFLOP/s, GFLOP/s, TFLOP/s (one multiply-accumulate is two)
  power,      // W, mW, kW
  energy,     // J, mJ, kJ, Wh
  frequency,  // Hz, kHz, MHz, GHz, and /s, /min, /h
  ratio,      // a bare number, or with %: 0.25 or 25 %
};

/// The value in the base unit (s, B, B/s, FLOP/s, W, J, Hz, 1), or why not: wrong-unit, missing-unit, not-a-number.
/// `5ms` and `5 ms` both read.
Result<double> parse_quantity(std::string_view text, Dimension dimension);

/// `15 ms`, `100 Mbit/s`: the shortest text in a fitting unit that parse_quantity reads back to the same double.
std::string format_quantity(double in_base_unit, Dimension dimension);

class Shape;
using ShapePointer = std::shared_ptr<const Shape>;

/// One key of a record.
struct Field {
  std::string key;
  ShapePointer shape;
  bool is_required = false;
  std::string meaning;  ///< one sentence, for the JSON Schema and `tiercut init`
};

/// A description of what a node may be. Build with the functions below.
class Shape {
 public:
  enum class Kind { any, text, word, boolean, integer, number, quantity, list, map, record, tagged, either };
  Kind kind = Kind::any;
  std::string meaning;
  std::vector<std::string> words;  // word: the allowed ones; also extra words that a quantity admits (`unlimited`)
  double least = 0, most = 0;      // integer, number, quantity: inclusive range, in the base unit
  bool is_least_excluded = false;  // the range is open below
  Dimension dimension = Dimension::time;
  ShapePointer element;                                              // list, map
  std::size_t least_items = 0;                                       // list, map
  std::vector<Field> fields;                                         // record; tagged: the fields common to all
  std::string tag;                                                   // tagged: the key whose word selects the variant
  std::vector<std::pair<std::string, std::vector<Field>>> variants;  // tagged
  std::vector<ShapePointer> alternatives;                            // either: told apart by NodeKind, first match
};

namespace shape {
ShapePointer any();
ShapePointer text();                                  ///< a non-empty scalar
ShapePointer word(std::vector<std::string> allowed);  ///< one of a closed set
ShapePointer boolean();                               ///< true or false
ShapePointer integer(double least, double most);
ShapePointer number(double least, double most);
ShapePointer quantity(Dimension dimension, double least, double most, std::vector<std::string> extra_words = {});
ShapePointer positive(Dimension dimension, std::vector<std::string> extra_words = {});      ///< > 0, finite
ShapePointer non_negative(Dimension dimension, std::vector<std::string> extra_words = {});  ///< >= 0, finite
ShapePointer list(ShapePointer element, std::size_t least_items = 0);
ShapePointer map(ShapePointer element, std::size_t least_items = 0);  ///< any identifier key: letters, digits, _ - / .
ShapePointer record(std::vector<Field> fields);
ShapePointer tagged(std::string tag, std::vector<Field> common,
                    std::vector<std::pair<std::string, std::vector<Field>>> variants);
ShapePointer either(std::vector<ShapePointer> alternatives);
}  // namespace shape

/// A file format: the `schema:` line it must begin with, and its record.
struct Format {
  std::string id;  ///< `tiercut/scenario/1`
  std::string title;
  ShapePointer root;  ///< a record; the `schema` field is added by make_format
};
Format make_format(std::string id, std::string title, std::vector<Field> fields);

/// Appends everything wrong with the document by this format: missing-schema, wrong-schema, unknown-key, missing-key,
/// wrong-type, not-a-number, missing-unit, wrong-unit, out-of-range, unknown-word, too-few-items. Returns true when it
/// added no error.
bool check(const Document& document, const Format& format, Diagnostics& diagnostics);

/// JSON Schema draft-07, indented.
std::string json_schema(const Format& format);

/// Typed getters for checked documents. Calling one on a document that `check` refused, or for a key that is absent
/// and not optional, is a broken invariant (throws std::logic_error).
double as_number(const Node& node);
std::int64_t as_integer(const Node& node);
bool as_boolean(const Node& node);
double as_quantity(const Node& node, Dimension dimension);  ///< `unlimited` reads as infinity

const Node& at(const Node& map, std::string_view key);
std::string text_or(const Node& map, std::string_view key, std::string otherwise);
std::int64_t integer_or(const Node& map, std::string_view key, std::int64_t otherwise);
double number_or(const Node& map, std::string_view key, double otherwise);
bool boolean_or(const Node& map, std::string_view key, bool otherwise);
double quantity_or(const Node& map, std::string_view key, Dimension dimension, double otherwise);

}  // namespace tiercut
