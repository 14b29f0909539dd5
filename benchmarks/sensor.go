// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import "bytes"

const (
	sensorReadings = 1024 // in the trace; rounds beyond find no data
	sensorWindow   = 8
)

var sensor = Benchmark{
	Name:         "sensor",
	Doc:          "reads a sensor and averages through the program's store, three helper calls a round; size in rounds",
	Object:       object("sensor"),
	Sized:        true,
	DefaultSizes: sizes(16, 256),
	MaxSize:      4096,
	Helpers:      []uint16{0x10, 0x12, 0x31, 0x34},
	Trace:        temperatureTrace(),
	Input: func(rounds int) []byte {
		return append(le.AppendUint32(nil, uint32(rounds)), make([]byte, 8)...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		if len(ctx) < 12 {
			return Refused, nil
		}
		rounds := int(le.Uint32(ctx))
		taken := min(rounds, sensorReadings)
		after := bytes.Clone(ctx)
		var sum uint32 // of the last readings
		for i := max(0, taken-sensorWindow); i < taken; i++ {
			sum += uint32(temperature(i))
		}
		if taken > 0 {
			le.PutUint32(after[4:], uint32(temperature(taken-1)))
			var oldest int32
			if taken > sensorWindow {
				oldest = temperature(taken - 1 - sensorWindow)
			}
			le.PutUint32(after[8:], uint32(oldest))
		}
		return uint64(rounds-taken)<<32 | uint64(sum), after
	},
}

// temperature is the i-th reading, in tenths of a degree: -30 to 30 degrees, and back.
func temperature(i int) int32 {
	return int32(i*37%601 - 300)
}

// temperatureTrace scripts one temperature sensor, as SPEC.md has it.
func temperatureTrace() []byte {
	const sensor, temperatureType, celsius, tenths, dimensions = 2, 130, 2, 0xff, 1
	payload := []byte{temperatureType, celsius, tenths, dimensions}
	for i := range sensorReadings {
		payload = le.AppendUint16(payload, uint16(temperature(i)))
	}
	trace := le.AppendUint16([]byte{sensor, 0}, uint16(len(payload)))
	return append(trace, payload...)
}
